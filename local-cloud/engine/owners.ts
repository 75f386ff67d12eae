/**
 * Resources that AWS deletes with another one: by type, the owner's type and the property that holds the owner's id.
 */
export const owners: Record<string, readonly [type: string, property: string]> = {
  "aws:apigatewayv2/authorizer:Authorizer": ["aws:apigatewayv2/api:Api", "apiId"],
  "aws:apigatewayv2/integration:Integration": ["aws:apigatewayv2/api:Api", "apiId"],
  "aws:apigatewayv2/route:Route": ["aws:apigatewayv2/api:Api", "apiId"],
  "aws:apigatewayv2/stage:Stage": ["aws:apigatewayv2/api:Api", "apiId"],
  "aws:autoscaling/lifecycleHook:LifecycleHook": ["aws:autoscaling/group:Group", "autoscalingGroupName"],
  "aws:autoscaling/policy:Policy": ["aws:autoscaling/group:Group", "autoscalingGroupName"],
  "aws:autoscaling/schedule:Schedule": ["aws:autoscaling/group:Group", "autoscalingGroupName"],
  "aws:cloudwatch/eventTarget:EventTarget": ["aws:cloudwatch/eventRule:EventRule", "rule"],
  "aws:dynamodb/tableItem:TableItem": ["aws:dynamodb/table:Table", "tableName"],
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": ["aws:ecr/repository:Repository", "repository"],
  "aws:iam/rolePolicy:RolePolicy": ["aws:iam/role:Role", "role"],
  "aws:lambda/permission:Permission": ["aws:lambda/function:Function", "function"],
  "aws:s3/bucketPolicy:BucketPolicy": ["aws:s3/bucket:Bucket", "bucket"],
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ["aws:s3/bucket:Bucket", "bucket"],
  "aws:secretsmanager/secretVersion:SecretVersion": ["aws:secretsmanager/secret:Secret", "secretId"],
  "aws:sns/topicPolicy:TopicPolicy": ["aws:sns/topic:Topic", "arn"],
  "aws:sns/topicSubscription:TopicSubscription": ["aws:sns/topic:Topic", "topic"],
  "aws:sqs/queuePolicy:QueuePolicy": ["aws:sqs/queue:Queue", "queueUrl"],
  "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": ["aws:sqs/queue:Queue", "queueUrl"],
};
