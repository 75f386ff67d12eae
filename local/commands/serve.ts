import type { LocalCloud } from "../cloud";
import { placeOf } from "../loadProgram";
import { bringUp, BringUpOptions, RunningStack } from "./bringUp";
import { Fleet } from "./fleet";
import { showFleet } from "./fleetView";
import { jobApis, JobApi } from "./jobApis";
import { paint, Styled, styled } from "./styled";
import { err, out, printJson } from "./terminal";

export interface ServeOptions extends Omit<BringUpOptions, "log"> {
  /** Print one JSON line with all addresses once the stack is up. */
  json?: boolean;
  /** Print what the functions and workers log, on standard error. */
  verbose?: boolean;
}

/**
 * Runs a stack on this machine until Ctrl-C, which ends the process: prints its addresses, and on a terminal shows the
 * fleets.
 *
 * @throws Error where it doesn't come up, which says where in the program.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { json, verbose } = options;
  // A picture that is drawn anew all the time and lines don't go together.
  const isLive = out.isTerminal && !verbose && !json;
  const fleet = new Fleet();
  let isShown = false;
  // What the program prints is not for whoever reads the addresses.
  if (json) console.log = console.info = console.error;
  const running = await bringUp({
    ...options,
    log: (entry) => {
      if (isLive) fleet.note(entry);
      const isPrinted = verbose || (entry.source === "cloud" && !isShown);
      if (isPrinted) err.line([paint.dim(entry.name), " ", entry.line]);
    },
  }).catch((error: Error) => {
    const place = placeOf(error, options.project);
    throw place ? new Error(`${place}: ${error.message}`, { cause: error }) : error;
  });
  const apis = await jobApis(running.cloud);
  // Ctrl-C is how this command ends; it is no failure.
  process.exitCode = 0;
  if (json) printJson(addresses(running, apis), "line");
  else out.line(welcome(running, apis, options.stack));
  if (!isLive) return;
  isShown = true;
  const hide = await showFleet(fleet, running.cloud, queuesOf(apis));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.prependOnceListener(signal, () => {
      hide();
      isShown = false;
    });
  }
}

function queuesOf(apis: JobApi[]): Record<string, string> {
  return Object.fromEntries(apis.flatMap(({ queues }) => Object.entries(queues)));
}

function addresses({ cloud, outputs }: RunningStack, apis: JobApi[]): object {
  const { endpoint, region, credentials, token } = cloud;
  const { accessKeyId, secretAccessKey } = credentials;
  return {
    url: apis[0]?.url,
    apis: apis.map(({ url, queues }) => ({ url, types: Object.keys(queues) })),
    endpoint,
    region,
    queues: outputs.queueUrls,
    deadLetterQueues: outputs.deadLetterQueueUrls,
    unroutableQueue: outputs.unroutableQueueUrl,
    topicArn: outputs.topicArn,
    bucket: outputs.dataBucket,
    table: outputs.jobTable,
    groups: outputs.groups,
    outputs,
    credentials: { accessKeyId, secretAccessKey },
    token,
  };
}

function welcome({ cloud, outputs, seconds }: RunningStack, apis: JobApi[], stack: string): Styled {
  const rows: [string, Styled][] = [
    ...apis.flatMap(({ url, queues }): [string, Styled][] => [
      ["API", paint.cyan(url)],
      ["Job types", Object.keys(queues).join(", ")],
    ]),
    ["AWS endpoint", paint.cyan(cloud.endpoint)],
  ];
  if (typeof outputs.dataBucket === "string") rows.push(["Data bucket", outputs.dataBucket]);
  return styled`${paint.green("✔")} The stack ${paint.bold(stack)} is up in ${seconds.toFixed(1)} s. Ctrl-C stops it.

${rows.map(([name, value]) => styled`  ${name.padEnd(14)}${value}\n`)}
The AWS endpoint takes only calls signed with the keys below. The HTTP API
asks nobody who they are: other users and containers of this machine that
reach its ports may submit, read and cancel jobs. Pages in a browser may not,
but for origins that the program itself lets in.
${apis[0] ? submitting(apis[0]) : ""}
${paint.bold("Look behind it with any AWS client")}

${awsLines(cloud, outputs.dataBucket)}`;
}

function submitting({ url, queues }: JobApi): Styled {
  const base = url.replace(/\/$/, "");
  const [type = "TYPE"] = Object.keys(queues);
  const payload = { text: "to be or not to be" };
  return styled`
${paint.bold("Submit a job, and look at it")}

  export BATCH_JOBS_URL=${url}
  npx batch-jobs submit ${type} '${JSON.stringify(payload)}' --wait
  npx batch-jobs list

or

  curl -s ${base}/jobs -H 'content-type: application/json' \\
    -d '${JSON.stringify({ type, payload })}'
  curl -s ${base}/jobs/ID
  curl -s ${base}/types
`;
}

function awsLines({ endpoint, region, credentials }: LocalCloud, bucket: unknown): string {
  return [
    `export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region}`,
    `export AWS_ACCESS_KEY_ID=${credentials.accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
    "aws sqs list-queues",
    ...(typeof bucket === "string" ? [`aws s3 cp README.md s3://${bucket}/`] : []),
  ]
    .map((line) => `  ${line}\n`)
    .join("");
}
