/** Grants that only a longer journey needs: its file, and the test that fails without them. */
export const byJourney: Record<string, { file: string; test: string }> = {
  "type-fleet NudgeScaler lambda:InvokeFunction": {
    file: "fleet/capacity",
    test: "runs a job soon that comes while the last worker ends itself",
  },
  "scaler-scaler DescribeGroups autoscaling:DescribeScalingActivities": {
    file: "fleet/replacement",
    test: "backs off when instances don't come up, says why, and recovers",
  },
  "scaler-scaler ScaleGroups autoscaling:SetInstanceHealth": {
    file: "fleet/replacement",
    test: "replaces an instance whose worker hangs, and another one runs its job",
  },
  "schedules RunActions lambda:InvokeFunction": {
    file: "clients/actions",
    test: "are restarted by their schedules, once a run was lost, and act on each job once",
  },
};

/** Permissions whose need the local cloud can't show, and the source that says that they are needed. */
export const notEnforced: Record<string, string> = {
  "* WriteLogs logs:CreateLogStream":
    'There is no CloudWatch Logs in the local cloud. "AWSLambdaBasicExecutionRole", Lambda; "awslogs logging driver", Docker',
  "* WriteLogs logs:PutLogEvents":
    'There is no CloudWatch Logs in the local cloud. "AWSLambdaBasicExecutionRole", Lambda; "awslogs logging driver", Docker',
  "* DenyPlainHttp sqs:*":
    'Loopback stands for TLS. "Amazon SQS security best practices: Enforce encryption of data in transit"',
  "* DenyPlainHttp sns:Publish":
    'Loopback stands for TLS. "Amazon SNS security best practices: Enforce encryption of data in transit"',
  "* DenyPlainHttp sns:Subscribe":
    'Loopback stands for TLS. "Amazon SNS security best practices: Enforce encryption of data in transit"',
  "* DenyPlainHttp s3:*":
    'Loopback stands for TLS. "Security best practices for Amazon S3: Enforce encryption of data in transit"',
  "type-fleet EndOwnInstance autoscaling:SetInstanceHealth":
    'The instance\'s own scripts call it, which only test/shell runs. "SetInstanceHealth", Amazon EC2 Auto Scaling API Reference',
  "type-fleet EndOwnInstance autoscaling:RecordLifecycleActionHeartbeat":
    'The first comes after half a hook\'s time, 30 s at the least. "RecordLifecycleActionHeartbeat", Amazon EC2 Auto Scaling API Reference',
  "type-fleet AuthorisePull ecr:GetAuthorizationToken":
    'Instances run the worker, not an image. "Private repository policies", Amazon ECR',
  "type-fleet PullImage ecr:BatchGetImage":
    'Instances run the worker, not an image. "Private repository policies", Amazon ECR',
  "type-fleet PullImage ecr:GetDownloadUrlForLayer":
    'Instances run the worker, not an image. "Private repository policies", Amazon ECR',
  "type-fleet ReadRegistryCredentials secretsmanager:GetSecretValue":
    'Instances run the worker, not an image; test/shell runs the script that reads it. "GetSecretValue", AWS Secrets Manager API Reference',
  "type-fleet OpenSessions ssm:UpdateInstanceInformation": sessions(),
  "type-fleet OpenSessions ssmmessages:CreateControlChannel": sessions(),
  "type-fleet OpenSessions ssmmessages:CreateDataChannel": sessions(),
  "type-fleet OpenSessions ssmmessages:OpenControlChannel": sessions(),
  "type-fleet OpenSessions ssmmessages:OpenDataChannel": sessions(),
  "* UseKey kms:Decrypt": keys(),
  "* UseKey kms:GenerateDataKey": keys(),
  "network-flow WriteFlowLogs logs:CreateLogStream": flowLogs(),
  "network-flow WriteFlowLogs logs:DescribeLogStreams": flowLogs(),
  "network-flow WriteFlowLogs logs:PutLogEvents": flowLogs(),
  "network-flow FindLogGroups logs:DescribeLogGroups": flowLogs(),
  "type-fleet FindOwnGroup autoscaling:DescribeAutoScalingInstances":
    'Local metadata always tells the group. "View tags for your EC2 instances using instance metadata", Amazon EC2',
};

function keys(): string {
  return 'There is no KMS in the local cloud. "Key management", Amazon SQS Developer Guide; "Managing Amazon SNS encryption keys and costs"';
}

function flowLogs(): string {
  return 'Networks carry nothing in the local cloud. "IAM role for publishing flow logs to CloudWatch Logs", Amazon VPC User Guide';
}

function sessions(): string {
  return 'Nothing local is an agent of Session Manager. "Add Session Manager permissions to an existing IAM role", AWS Systems Manager';
}
