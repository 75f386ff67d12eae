const { createHash } = require("node:crypto");
const { PublishCommand, SNSClient } = require("@aws-sdk/client-sns");

const client = new SNSClient({});

/** Publishes a job for each object that S3 tells of. What S3 tells twice has the same id, and runs once. */
exports.handler = async ({ Records }) => {
  const { TOPIC_ARN, JOB_TYPE, WIDTH } = process.env;
  for (const { eventTime, s3 } of Records) {
    const { key, sequencer } = s3.object;
    // What the console makes for a folder.
    if (key.endsWith("/")) continue;
    const bucket = s3.bucket.name;
    const job = {
      version: 1,
      id: createHash("sha256").update(`${bucket}/${key}/${sequencer}`).digest("hex"),
      type: JOB_TYPE,
      payload: { input: `s3://${bucket}/${decodeURIComponent(key.replaceAll("+", " "))}`, width: Number(WIDTH) },
      submittedAt: eventTime,
    };
    await client.send(new PublishCommand({ TopicArn: TOPIC_ARN, Message: JSON.stringify(job) }));
    console.log(JSON.stringify({ event: "announced", key, job: job.id }));
  }
};
