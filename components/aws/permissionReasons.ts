/** Reason of each statement, by its `Sid`, for docs/security.md. Every statement has one, and every one a statement. */
export const statementReasons: Record<string, string> = {
  AnnounceEnds: "Publishes each job's end; with `events` only",
  KeepEnds: "Keeps a job's end that the topic did not take, for the repair run to publish; with `events` only",
  UnscheduleJobs: "Removes the schedules of jobs far ahead that an action cancels",
  WatchActions: "Schedules a call of itself each minute while an action on many jobs goes on, in case its run is lost",
  RunActions: "Calls the function that runs actions on many jobs, while one goes on",
  KeepUnsent: "Keeps what SQS does not take, so that an outage of it loses nothing",
  TakeUnsent: "Routes what the router kept while SQS took nothing",
  TakeKept: "Publishes the ends that workers kept; with `events` only",
  AuthorisePull: "Signs in to the registry of the worker's image",
  ConsumeJobs: "Takes jobs, hides them while they run, and deletes them when they are done",
  CountJobs: "Counts the backlog",
  DeadLetter: "Puts a job that failed for good aside, with its reason",
  DenyPlainHttp: "Refuses calls over plain HTTP",
  DescribeGroups: "Reads what groups have, and why launches fail",
  EndOwnInstance: "Goes on from a lifecycle hook, and ends or replaces its own instance",
  ExplainDeadLetters: "Replaces each dead letter that SQS moved by one with a reason",
  FindLogGroups: "VPC flow logs find their log group; with `network.flowLogs` only",
  FindOwnGroup: "Finds its group where metadata can't show tags; with `tags` whose keys metadata refuses only",
  FindOwnGroups: "Reads how many instances its type has, before it ends itself",
  FollowRecords: "Reads and claims records, and writes states and results",
  KeepPayloads:
    "Keeps jobs' payloads, shows them, keeps those of retried jobs for longer, and removes a job's data on request",
  KeepUserData:
    "Keeps its jobs' checkpoints, and reads one with the same call; keeps payloads of jobs that did not come by the API; of its own type alone",
  KeepFleetItems: "Keeps what is known of each fleet",
  KeepControl: "Keeps actions on many jobs, with what is done of them, and reserves the time for reading logs",
  KeepUndelivered: "SNS keeps what it could not deliver to the router",
  KeepLargeValues:
    "Signs uploads of payloads to S3 and downloads of results, stores those of large requests, copies and removes them",
  ListLargeValues: "Finds what a job has in S3, and if a payload is missing",
  ListRecords: "Finds jobs by their index, to list them and to end those whose messages are gone",
  NudgeScaler: "Tells the scaler that there is work",
  OpenSessions: "Lets people open a shell; with `sessionManager` only",
  Operate: "Has the function `operator` answer its routes, for callers whose rights were checked",
  PassScheduleRole: "Hands its schedules the role that they publish in",
  PublishJobs: "Hands jobs on",
  PullImage: "Pulls the worker's image; images of private ECR repositories only",
  ReadLogs: "Shows what functions and workers of this deployment logged about a job",
  ReadBacklog: "Reads how much waits, before it ends itself",
  ReadFleetHistory: "Shows a type's jobs and instances over time, and its usage",
  ReadFleets: "Says why a type's workers don't start",
  ReadHandler: "Reads the text of an inline handler; of that type only",
  ReadJobTypes: "Knows the types, their queues and schemas",
  ReadLargePayloads: "Reads payloads in S3; of its own type alone",
  ReadSchema: "Checks payloads in S3 by the type's schema; with `payloadSchema`, of its own type alone",
  ReadRegistryCredentials: "Reads what its image's registry asks for; with `registryCredentials` only",
  ReadParameters: "Reads the values of the type's secrets that are SSM parameters; with `secrets` only",
  ReadListed: "Reads the records of those listed",
  ReadSecrets: "Reads the values of the type's secrets that are in Secrets Manager; with `secrets` only",
  ReleaseDeadLetters: "Makes the dead letters visible again that it read in search of one to send back",
  DrainDeadLetters: "Moves what waits out of a removed type's queue, before it is deleted",
  DrainRemovedType: "Moves what waits out of a removed type's queue, before it is deleted",
  ReplayJobs: "Routes what the router failed at",
  ReportToFleet:
    "Says that it lives and how long jobs take, and reads what the fleet is to be; items of its own type alone",
  RetryJobs: "Asks the function that may read dead letters to send them back, when a caller retries their jobs",
  CountUsage: "Adds up the use of instances, for `GET /usage`; of its own type alone",
  SendAlarms: "CloudWatch sends its alarms to the topic of `email`; with `alarms` only",
  CountDeadLetters: "Counts a type's dead letters, when a caller asks for the types, and each minute with `alarms`",
  CountTypes: "Has types checked at once: those of which a job waits long, and those whose launches are retried",
  RetryLaunches: "Retries launches at once when an operator asks for it",
  RouteJobs: "Puts jobs in their type's queue",
  ScaleGroups: "Raises groups, and has silent instances replaced",
  ScheduleJobs: "Holds back a job that is more than 15 minutes ahead, until it is cancelled",
  SendJobsBack: "Sends dead letters back to their queue, when a caller of the API retries their jobs",
  SendFailures: "Lambda puts what the function failed at aside, in its role",
  SendUnpublished: "EventBridge Scheduler keeps what it could not publish, in its role",
  SendUnroutable: "Puts a job of an unknown type aside, with its reason",
  StoreLargeResults: "Stores results in S3; of its own type alone",
  SubmitRecords: "Writes a job's record, reads its state, and asks for its cancellation",
  TakeFailed: "Takes what was not delivered or failed, and routes it again",
  UseKey: "SQS, SNS, DynamoDB and S3 use the key for what it calls there; with `kmsKey` only",
  WriteFlowLogs: "VPC flow logs write their log; with `network.flowLogs` only",
  WriteLogs: "Writes its log",
};

/** The actions that AWS can grant only on every resource, and AWS's page that says so. */
export const wildcardReasons: Record<string, string> = {
  "autoscaling:DescribeAutoScalingGroups":
    "Auto Scaling's describe actions know no resources (Service Authorization Reference, Amazon EC2 Auto Scaling).",
  "autoscaling:DescribeAutoScalingInstances":
    "Auto Scaling's describe actions know no resources (Service Authorization Reference, Amazon EC2 Auto Scaling).",
  "autoscaling:DescribeScalingActivities":
    "Auto Scaling's describe actions know no resources (Service Authorization Reference, Amazon EC2 Auto Scaling).",
  "ecr:GetAuthorizationToken":
    "The token is the registry's, not a repository's (Service Authorization Reference, Amazon Elastic Container Registry).",
  "logs:DescribeLogGroups":
    "Flow logs look their log group up among the account's (Amazon VPC User Guide, IAM role for publishing flow logs to CloudWatch Logs).",
  "ssm:UpdateInstanceInformation":
    "Its resource is the instance, which is not there yet at deploy (AWS's own policy for Session Manager: Add Session Manager permissions to an existing IAM role).",
  "ssmmessages:CreateControlChannel": noChannelResources(),
  "ssmmessages:CreateDataChannel": noChannelResources(),
  "ssmmessages:OpenControlChannel": noChannelResources(),
  "ssmmessages:OpenDataChannel": noChannelResources(),
};

function noChannelResources(): string {
  return "Channels are no resources (Service Authorization Reference, AWS Systems Manager Session Manager Message Gateway).";
}

/** Statements with a pattern for resources, and the reason why no list of names would do. */
export const patternReasons: Record<string, string> = {
  ReadLogs:
    "Types come and go, and a list of their log groups would outgrow the policy: this deployment's tag is the bound.",
  KeepLargeValues: "Jobs come and go, and the bucket holds nothing but their values.",
  ReadLargePayloads: "Jobs come and go: the bound is the type's own prefix of the component's bucket.",
  StoreLargeResults: "Jobs come and go: the bound is the type's own prefix of the component's bucket.",
  ScaleGroups:
    "Types come and go, and a list of their groups would outgrow the policy: the tag of this deployment's groups is the bound.",
  WatchActions: "Schedules are made at run time, one for each action, in the component's own group.",
  UnscheduleJobs: "Schedules are made at run time, one for each job far ahead, in the component's own group.",
  ScheduleJobs: "Schedules are made at run time, one for each job far ahead, in the component's own group.",
  WriteFlowLogs: "Log streams are made at run time, in the one log group.",
  WriteLogs: "Log streams are made at run time, in the one log group.",
};
