import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import * as aws from "@pulumi/aws";
import { JobClient } from "../../../client/index";
import type { ProcessorArgs } from "../../../components";
import type { LocalCloud } from "../../../local-cloud/cloud";
import type { Credentials } from "../../../local-cloud/wire/callers";
import { AutoScalingInstanceGroup } from "../../../worker-image/src/instance/instanceGroup";
import { nudgeScaler } from "../../../worker-image/src/instance/scalerNudge";
import { groupOf, idsInService, runScaler, setItem } from "../../journeys/support/fleet";
import { type Journey, startJourney } from "../../journeys/support/stack";
import { until } from "../../local-cloud/support";
import { probes } from "../../permissions/probes";
import { startWorld, type World } from "../../permissions/world";
import { createMachine, type Machine } from "../../shell/support/machine";
import { copyEnvironment, restoreEnvironment } from "../../support/environment";
import { type Exchange, recordExchanges } from "./exchanges";

/** Clouds at once: most of the time is waiting. */
const worldCount = 2;
/** A probe that takes longer has failed, on a busy machine too. */
const probeSeconds = 100;

/** All calls to AWS that functions, workers, client and instances' scripts make. */
export async function driveAll(): Promise<Exchange[]> {
  const worlds: World[] = [];
  let pictures: Journey | undefined;
  try {
    // One after the other: Pulumi's runtime takes one program at a time.
    while (worlds.length < worldCount) worlds.push(await startWorld());
    pictures = await startPictures();
    const drives = [probeAll(worlds), driveOthers(pictures)];
    await Promise.allSettled(drives);
    return (await Promise.all(drives)).flat();
  } finally {
    await Promise.all([...worlds.map((world) => world.end()), pictures?.stop()]);
  }
}

/** Runs each probe of the permissions' own test once. */
async function probeAll(worlds: World[]): Promise<Exchange[]> {
  const waiting = Object.values(probes);
  const recorded = await Promise.all(
    worlds.map(async (world) => {
      const exchanges = recordExchanges(world.journey.cloud);
      for (let probe = waiting.shift(); probe; probe = waiting.shift()) await probe(world, probeSeconds);
      return exchanges;
    }),
  );
  return recorded.flat();
}

const bucketName = "pictures";
const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:registry-Ab12Cd";

function startPictures(): Promise<Journey> {
  const Resource = `arn:aws:s3:::${bucketName}/*`;
  const program = () => {
    new aws.s3.Bucket(bucketName, { bucket: bucketName });
    return { events: true };
  };
  const secrets = { REGISTRY: '{"username":"u","password":"p"}' };
  const type: ProcessorArgs = {
    ...{ name: "thumbnail", handler: "thumbnail", minInstances: 1, secrets: { REGISTRY: secretArn } },
    policyStatements: [{ Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource }],
  };
  return startJourney([type], undefined, program, { scheduleSeconds: 3_600, stopGraceSeconds: 1, secrets });
}

/** Makes the calls that no probe makes, all against one cloud. */
async function driveOthers(journey: Journey): Promise<Exchange[]> {
  addStandIn(journey.cloud, "logs", { CreateLogStream: {}, PutLogEvents: {} });
  const authorizationToken = Buffer.from("AWS:password").toString("base64");
  addStandIn(journey.cloud, "ecr", { GetAuthorizationToken: { authorizationData: [{ authorizationToken }] } });
  const exchanges = recordExchanges(journey.cloud);
  const group = groupOf(journey, "thumbnail");
  await until(() => idsInService(group).length === 1);
  const [instance] = idsInService(group) as [string];
  await driveThumbnail(journey);
  await driveWorker(journey, instance);
  await driveClient(journey);
  await driveScripts(journey, instance);
  await until(() => idsInService(group).some((id) => id !== instance));
  await driveSilence(journey, idsInService(group).at(-1)!);
  return exchanges;
}

/** Adds a service that the local cloud doesn't have, and whose answers are of no interest. */
function addStandIn({ services }: LocalCloud, name: string, answers: Record<string, object>): void {
  services.set(name, {
    protocol: "json",
    handle(request, response) {
      const answer = answers[request.action];
      response.writeHead(answer ? 200 : 400, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(answer ?? {}));
    },
  });
}

/** A key for a part of the code that has none of its own here; calls are told apart by it. */
function keyOf({ cloud }: Journey, name: string): Credentials {
  return cloud.callers.issue({ name });
}

async function driveThumbnail(journey: Journey): Promise<void> {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20"/></svg>';
  const headers = { "content-type": "image/svg+xml" };
  const path = `/${bucketName}/a%20picture.svg`;
  await journey.cloud.calls.send({ service: "s3", method: "PUT", path, headers, body: svg });
  const id = await journey.submit("thumbnail", { input: `s3://${bucketName}/a picture.svg`, width: 10 });
  await journey.reaches(id, "succeeded");
}

/**
 * Makes the calls of a worker that drains for long, lacks its group's name in metadata, or ends just as a job comes.
 */
async function driveWorker(journey: Journey, instance: string): Promise<void> {
  const { endpoint, region, lambdas } = journey.cloud;
  const credentials = keyOf(journey, "worker");
  const client = new AutoScalingClient({ endpoint, region, credentials });
  const metadata = { read: (path: string) => Promise.resolve(path === "instance-id" ? instance : undefined) };
  const group = await AutoScalingInstanceGroup.find(client, metadata);
  await group!.heartbeat("worker-drains");
  client.destroy();
  const scaler = lambdas.list().find(({ spec }) => spec.name.includes("-scaler-"))!;
  const variables = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region };
  await withKey(credentials, variables, () => nudgeScaler(scaler.spec.name, "thumbnail", 1));
}

async function driveClient(journey: Journey): Promise<void> {
  const client = new JobClient({ url: journey.url, credentials: keyOf(journey, "client") });
  const selection = { type: "thumbnail" };
  for (const id of ["first", "second"]) {
    const body = JSON.stringify({ version: 1, id, ...selection, submittedAt: new Date().toISOString(), payload: {} });
    await journey.cloud.calls.sqs("SendMessage", {
      QueueUrl: journey.outputs.deadLetterQueueUrls.thumbnail,
      MessageBody: body,
      MessageAttributes: { reason: { DataType: "String", StringValue: "why" } },
    });
  }
  await client.deadLetters.list(selection);
  await client.deadLetters.purge({ ...selection, ids: ["first"] });
  await client.deadLetters.redrive(selection);
  await client.deadLetters.purge(selection);
}

/** Runs code that finds its credentials in the environment. */
async function withKey(key: Credentials, variables: Record<string, string>, work: () => Promise<unknown>) {
  const saved = copyEnvironment();
  const { accessKeyId, secretAccessKey } = key;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, ...variables });
  try {
    await work();
  } finally {
    restoreEnvironment(saved);
  }
}

/** Runs an instance's own scripts, which end it. */
async function driveScripts(journey: Journey, instance: string): Promise<void> {
  const machine = await createMachine();
  const { region, endpoint } = journey.cloud;
  const { accessKeyId, secretAccessKey } = keyOf(journey, "boot");
  const role = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: "" };
  Object.assign(machine.metadata, {
    "instance-id": instance,
    "iam/security-credentials/worker-role": JSON.stringify(role, undefined, 2),
  });
  const names = ["AUTO_SCALING", "CLOUDWATCH_LOGS", "ECR", "SECRETS_MANAGER"];
  const environment = Object.fromEntries(names.map((name) => [`AWS_ENDPOINT_URL_${name}`, endpoint]));
  const run = (script: string, settings: Parameters<Machine["settings"]>[0], parameters: string[] = []) => {
    machine.settings({ region, type: "thumbnail", ...settings });
    return machine.run(script, parameters, environment);
  };
  try {
    const image = `123456789012.dkr.ecr.${region}.amazonaws.com/worker@sha256:abc`;
    const outcomes = [
      await run("pull", { image }),
      await run("pull", { image: "ghcr.io/acme/worker:1", registryCredentials: secretArn }),
    ];
    delete machine.metadata["tags/instance/aws:autoscaling:groupName"];
    outcomes.push(await run("give-up", {}, ['no "space"\non \\device\\']));
    const failed = outcomes.find(({ status }) => status !== 0);
    if (failed) throw new Error(`Expected the scripts to do their work, got ${failed.stderr}`);
  } finally {
    await machine.close();
  }
}

/** Silences an instance, and lets no other take its place. */
async function driveSilence(journey: Journey, instance: string): Promise<void> {
  const { status } = await journey.call("POST", "/_local/hang", { instanceId: instance });
  if (status !== 202) throw new Error(`Expected 202, got ${status}`);
  groupOf(journey, "thumbnail").settings.suspendedProcesses.push("Launch");
  const pasts: Record<string, number>[] = [{ seenAt: Date.now() - 360_000 }, { silentSince: Date.now() - 60_000 }];
  for (const past of pasts) {
    await setItem(journey, "thumbnail", instance, past);
    await runScaler(journey);
  }
  // It is short of one now, and asks why.
  await runScaler(journey);
}
