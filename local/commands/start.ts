import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { bringUp, RunningStack } from "./bringUp";
import { Fleet } from "./fleet";
import { showFleet } from "./fleetView";
import { reportFailure } from "./reportFailure";

interface StartOptions {
  port?: number;
  stack: string;
  json?: boolean;
  verbose?: boolean;
}

async function main(): Promise<void> {
  const command = new Command("npm start --")
    .description(
      "Runs a stack of the project on this machine until Ctrl-C: no cloud, no Docker. On a terminal it shows the fleet.",
    )
    .option("--port <number>", "port of the HTTP API (default: a free one)", portNumber)
    .option("--stack <name>", "whose Pulumi.<name>.yaml to use", "dev")
    .option("--json", "print one JSON line with all addresses once the stack is up")
    .option("--verbose", "print what the functions and workers log, on standard error")
    .parse();
  const options = command.opts<StartOptions>();
  // A picture that is drawn anew all the time and lines don't go together.
  const isLive = Boolean(process.stdout.isTTY) && !options.verbose && !options.json;
  const fleet = new Fleet();
  let isShown = false;
  const running = await bringUp({
    stack: options.stack,
    port: options.port,
    log: (entry) => {
      if (isLive) fleet.note(entry);
      const isPrinted = options.verbose || (entry.source === "cloud" && !isShown);
      if (isPrinted) process.stderr.write(`${pc.dim(entry.name)} ${entry.line}\n`);
    },
  });
  // Ctrl-C is how this command ends; it is no failure.
  process.exitCode = 0;
  process.stdout.write(options.json ? `${JSON.stringify(addresses(running))}\n` : welcome(running, options.stack));
  if (!isLive) return;
  isShown = true;
  const hide = await showFleet(fleet, running);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.prependOnceListener(signal, () => {
      hide();
      isShown = false;
    });
  }
}

function addresses({ cloud, outputs }: RunningStack): object {
  const { accessKeyId, secretAccessKey } = cloud.credentials;
  return {
    url: outputs.url,
    endpoint: cloud.endpoint,
    region: cloud.region,
    queues: outputs.queueUrls,
    deadLetterQueues: outputs.deadLetterQueueUrls,
    unroutableQueue: outputs.unroutableQueueUrl,
    topicArn: outputs.topicArn,
    bucket: outputs.dataBucket,
    table: outputs.jobTable,
    groups: outputs.groups,
    credentials: { accessKeyId, secretAccessKey },
  };
}

function welcome({ cloud, outputs, seconds }: RunningStack, stack: string): string {
  const { accessKeyId, secretAccessKey } = cloud.credentials;
  const base = outputs.url.replace(/\/$/, "");
  const body = JSON.stringify({ type: Object.keys(outputs.queueUrls)[0], payload: { text: "to be or not to be" } });
  return `${pc.green("✔")} The stack ${pc.bold(stack)} is up in ${seconds.toFixed(1)} s. Ctrl-C stops it.

  API           ${pc.cyan(outputs.url)}
  AWS endpoint  ${pc.cyan(cloud.endpoint)}
  Job types     ${Object.keys(outputs.queueUrls).join(", ")}
  Data bucket   ${outputs.dataBucket}

Everything listens on this machine only, and nobody is asked who they are: the API's authorization is not enforced here.

${pc.bold("Submit a job, and look at it")}

  curl -s ${base}/jobs -H 'content-type: application/json' -d '${body}'
  curl -s ${base}/jobs/ID
  curl -s ${base}/types

${pc.bold("Look behind it with any AWS client")}

  export AWS_ENDPOINT_URL=${cloud.endpoint} AWS_REGION=${cloud.region}
  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}
  aws sqs list-queues
  aws s3 cp README.md s3://${outputs.dataBucket}/

`;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("Expected a port from 0 to 65535.");
  return port;
}

main().catch(reportFailure);
