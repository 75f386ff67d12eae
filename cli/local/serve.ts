import type { LocalCloud, StackOutputs } from "../../local-cloud/index";
import { paint, type Styled, styled } from "../output/styled";
import { err, out, printJson } from "../output/terminal";
import { boundsHere } from "./boundsHere";
import { bringUp, type BringUpOptions, type RunningStack } from "./bringUp";
import { Fleet } from "./fleet";
import { showFleet } from "./fleetView";
import { inspectorLine } from "./inspector";
import { type JobApi, jobApis } from "./jobApis";
import { openInBrowser } from "./openInBrowser";
import { watch } from "./watch";

export interface ServeOptions extends Omit<BringUpOptions, "log"> {
  /** Print what the functions and workers log, on standard error. */
  verbose?: boolean;
  /** Redeploy whenever the project's files change. */
  watch?: boolean;
  /** Open the console in a browser. */
  open?: boolean;
}

/**
 * Runs a stack on this machine until Ctrl-C, which ends the process: prints its addresses, and on a terminal shows the
 * fleets.
 *
 * @throws Error if it doesn't come up, with the place in the program.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { json, verbose } = options;
  // A picture that is redrawn all the time and log lines don't go together.
  const isLive = out.isTerminal && !verbose && !json;
  const fleet = new Fleet();
  let isShown = false;
  // The program's own output is not for the reader of the addresses.
  if (json) console.log = console.info = console.error;
  const running = await bringUp({
    ...options,
    log: (given) => {
      const entry = inspectorLine(given) ?? given;
      if (isLive) fleet.note(entry);
      const isPrinted = verbose || (entry.source === "cloud" && !isShown);
      if (isPrinted) err.line([paint.dim(entry.source === "cloud" ? `${entry.name}:` : entry.name), " ", entry.line]);
    },
  }).catch((error: Error) => {
    const place = options.program.placeOf(error);
    throw place ? new Error(`${place}: ${error.message}`, { cause: error }) : error;
  });
  const apis = await jobApis(running.cloud);
  // Ctrl-C is the normal end of this command, not a failure.
  process.exitCode = 0;
  if (json) printJson(addresses(running, apis), "line");
  else out.line(welcome(running, apis, options));
  // Without the token: other users of the machine see the opener's arguments.
  if (options.open && apis[0]) openInBrowser(consoleOf(apis[0]));
  let hide = () => {};
  const show = async () => {
    if (!isLive) return;
    isShown = true;
    hide = await showFleet(fleet, running.cloud, await jobApis(running.cloud));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.prependOnceListener(signal, () => {
      hide();
      isShown = false;
    });
  }
  await show();
  if (!options.watch) return;
  await watch({
    ...{ project: options.project, program: options.program, dataFolder: running.cloud.data?.folder, running },
    async say(line) {
      hide();
      // Standard output is for the addresses where a program reads it.
      (json ? err : out).line(line);
      await show();
    },
  });
}

function consoleOf({ url }: Pick<JobApi, "url">): string {
  return `${url}console/`;
}

function addresses({ cloud, outputs }: RunningStack, apis: JobApi[]): object {
  const { endpoint, region, credentials, token } = cloud;
  const { accessKeyId, secretAccessKey } = credentials;
  return {
    url: apis[0]?.url,
    ...apis[0]?.access,
    apis: apis.map(({ url, region, access, queues }) => ({ url, region, types: Object.keys(queues), ...access })),
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

function welcome({ cloud, outputs, seconds }: RunningStack, apis: JobApi[], options: ServeOptions): Styled {
  const { stack, inspect } = options;
  const rows: [string, Styled][] = [
    ...apis.flatMap(({ url, region, queues, access }): [string, Styled][] => [
      ["API", paint.cyan(url)],
      ...(cloud.regions().length > 1 ? ([["Region", region]] as [string, Styled][]) : []),
      // A browser can't sign, and has no token.
      ...(access.authorization === "none"
        ? ([["Console", paint.cyan(`${consoleOf({ url })}#local=${cloud.token}`)]] as [string, Styled][])
        : []),
      ["Job types", Object.keys(queues).join(", ")],
    ]),
    ["AWS endpoint", paint.cyan(cloud.endpoint)],
  ];
  if (typeof outputs.dataBucket === "string") rows.push(["Data bucket", outputs.dataBucket]);
  return styled`${paint.green("✔")} The stack ${paint.bold(stack)} is up in ${seconds.toFixed(1)} s. Ctrl-C stops it.

${rows.map(([name, value]) => styled`  ${name.padEnd(14)}${value}\n`)}
The AWS endpoint takes only calls signed with the keys below. The HTTP API
${whoMayCall(apis)}
${inspect === undefined ? "" : whoMayInspect}
${boundsHere(process.platform)}
${apis[0] ? submitting(apis[0], choiceOf(apis, outputs)) : ""}
${paint.bold("Look behind it with any AWS client")}

${awsLines(cloud, outputs.dataBucket)}`;
}

/** The most permissive API decides. */
function whoMayCall(apis: JobApi[]): string {
  const asked = new Set(apis.map(({ access }) => access.authorization));
  if (asked.size === 0 || asked.has("none")) {
    return `doesn't authenticate callers: other users and containers of this machine that
reach its ports may submit, read and cancel jobs. Pages in a browser may not,
except from origins that the program allows.`;
  }
  const what = asked.size > 1 ? "such calls or tokens" : asked.has("iam") ? "such calls" : "tokens";
  return `takes only ${what} of this run, as its authorization says. Pages in a
browser need the same, and an origin that the program allows.`;
}

const whoMayInspect = `
Handlers open Node's inspector on 127.0.0.1: other users and containers of this
machine that reach its ports can run code as you through it.
`;

/** The APIs that commands in the project's folder go to, and the option that says so. */
function choiceOf([api, ...others]: JobApi[], outputs: StackOutputs): { urls: string[]; option: string } {
  const { url } = api!;
  if (others.length === 0) return { urls: [url], option: "" };
  const lists = Object.entries(outputs).map(([name, value]) => ({ name, urls: [value].flat() }));
  const found = lists
    .filter(({ urls }) => urls[0] === url)
    .sort((one, other) => other.urls.length - one.urls.length)[0];
  if (!found) return { urls: [url], option: ` --url ${url}` };
  return { urls: found.urls as string[], option: found.name === "url" ? "" : ` --output ${found.name}` };
}

function submitting(
  { url, region, access, sample }: JobApi,
  { urls, option }: { urls: string[]; option: string },
): Styled {
  const base = url.replace(/\/$/, "");
  const { type, payload } = sample ?? { type: "TYPE", payload: "PAYLOAD" };
  const curl = curlFor(access, region);
  return styled`
${paint.bold("Submit a job and see it")}

  npx batch-jobs submit ${type} '${JSON.stringify(payload)}' --wait${option}
  npx batch-jobs list${option}

from another folder than the project's after

  export BATCH_JOBS_URL=${urls.join()}${access.bearerToken ? `\n  export BATCH_JOBS_TOKEN=${access.bearerToken}` : ""}

or${access.authorization === "iam" ? ", with the keys below" : ""}

  ${curl} ${base}/jobs -H 'content-type: application/json' \\
    -d '${JSON.stringify({ type, payload })}'
  ${curl} ${base}/jobs/ID
  ${curl} ${base}/types
`;
}

/** Options with which curl calls an API. */
function curlFor({ authorization }: JobApi["access"], region: string): string {
  switch (authorization) {
    case "none":
      return "curl -s";
    case "iam":
      return `curl -s --aws-sigv4 aws:amz:${region}:execute-api \\
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
   `;
    case "jwt":
      return `curl -s -H "authorization: Bearer $BATCH_JOBS_TOKEN" \\
   `;
  }
}

function awsLines({ endpoint, region, credentials }: LocalCloud, bucket: unknown): string {
  return [
    // The AWS CLI reads only the latter name of the region, most SDKs the former.
    `export AWS_ENDPOINT_URL=${endpoint}`,
    `export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    `export AWS_ACCESS_KEY_ID=${credentials.accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
    "aws sqs list-queues",
    ...(typeof bucket === "string" ? [`aws s3 cp README.md s3://${bucket}/`] : []),
  ]
    .map((line) => `  ${line}\n`)
    .join("");
}
