import { setTimeout as sleep } from "node:timers/promises";
import { type RawCall, rawCall } from "../../../local-cloud/rawCalls";
import type { Journey } from "../stack";

/** A request that a page in a browser, or a program of another user, could send; all of them would do harm. */
interface Hostile extends RawCall {
  what: string;
  to: "api" | "endpoint";
}

const foreign = [
  { origin: "http://evil.example" },
  { origin: "null" },
  { host: "evil.example" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site", origin: "http://localhost:1" },
];
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const dynamo = (action: string) => ({
  ...{ "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${action}` },
});
const sqs = (action: string) => ({ ...dynamo(action), "x-amz-target": `AmazonSQS.${action}` });
const signedBy = (key: string, service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
  "x-amz-date": new Date().toISOString().replace(/[-:]|\.\d+/g, ""),
});

function drawRequest({ cloud, outputs }: Journey, draw: <T>(all: readonly T[]) => T): Hostile {
  const QueueUrl = outputs.queueUrls.mixed;
  const job = JSON.stringify({ type: "mixed", id: "of-a-page", payload: { ms: 0, failures: 0 } });
  const key = draw(["x", "AKIAOTHER", cloud.credentials.accessKeyId]);
  const scan = JSON.stringify({ TableName: outputs.jobTable });
  return draw<Hostile>([
    { what: "submits", to: "api", path: "/jobs", headers: { ...json, ...draw(foreign) }, body: job },
    { what: "lists", to: "api", method: "GET", path: "/jobs", headers: draw(foreign) },
    { what: "asks first", to: "api", method: "OPTIONS", path: "/jobs", headers: { ...draw(foreign), ...preflight } },
    { what: "stops launches", to: "api", path: "/_local/faults", headers: json, body: '{"kind":"boot-failure"}' },
    {
      ...{ what: "stops launches by a simple request", to: "api", path: "/_local/faults" },
      ...{ headers: { "content-type": "text/plain", ...draw(foreign) }, body: '{"kind":"boot-failure"}' },
    },
    { what: "looks at instances", to: "api", method: "GET", path: "/_local/instances" },
    { what: "reads records", to: "endpoint", headers: { ...dynamo("Scan"), ...signedBy(key, "dynamodb") }, body: scan },
    { what: "asks AWS first", to: "endpoint", method: "OPTIONS", headers: { ...draw(foreign), ...preflight } },
    { what: "purges, unsigned", to: "endpoint", headers: sqs("PurgeQueue"), body: JSON.stringify({ QueueUrl }) },
    {
      ...{ what: "deletes the table", to: "endpoint", body: scan },
      headers: { ...dynamo("DeleteTable"), ...signedBy(key, "dynamodb"), ...draw(foreign) },
    },
    {
      ...{ what: "publishes by a form", to: "endpoint", headers: { ...form, ...draw([{}, ...foreign]) } },
      body: `Action=Publish&TopicArn=${outputs.topicArn}&Message=x`,
    },
    {
      ...{ what: "sends what is no input", to: "endpoint", body: draw(["null", "[]", "1", "{", "(".repeat(5_000)]) },
      headers: { ...dynamo("PutItem"), ...signedBy(key, "dynamodb") },
    },
    { what: "reads objects", to: "endpoint", method: "GET", path: draw(["/", "//", "/%ff", "/a/b"]) },
    { what: "sends a method of its own", to: draw(["api", "endpoint"]), method: "PROPFIND", headers: draw(foreign) },
  ]);
}

const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "x-amz-target" };

/** Sends such requests every so often, until aborted. Gives those that were not refused as they should be. */
export async function browseAtRandom(journey: Journey, random: () => number, signal: AbortSignal): Promise<string[]> {
  const draw = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const addresses = { api: journey.url, endpoint: journey.cloud.endpoint };
  const wrong: string[] = [];
  while (!signal.aborted) {
    const request = drawRequest(journey, draw);
    const { status, headers } = await rawCall(addresses[request.to], request);
    const lets = Object.keys(headers).filter((name) => name.startsWith("access-control-"));
    if (status < 400 || status > 499 || lets.length > 0) wrong.push(`${request.what}: ${status} ${lets.join()}`);
    await sleep(random() * 200, undefined, { signal }).catch(() => undefined);
  }
  return wrong;
}
