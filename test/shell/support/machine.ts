import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerImageFolder } from "../../../components/aws/workerImageFolder";
import { bootFiles, bootSettings, type UserDataArgs } from "../../../components/boot/userData";
import { listen, type Listener } from "../../../contract/http/listen";
import { serveMetadata } from "../../../local-cloud/autoScaling/metadata";
import { checkSignature } from "./signature";

export const args: Omit<UserDataArgs, "environment"> = {
  type: "word-count",
  image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/worker@sha256:abc",
  region: "eu-central-1",
  logGroup: "jobs-logs",
  launchHook: "worker-ready",
  stopTimeoutSeconds: 105,
};

/** Of the device that the instance store's disks make. */
export const stripeName = `instance-store-${process.pid}`;

const credentials = { AccessKeyId: "AKIDEXAMPLE", SecretAccessKey: "sec/ret+key", Token: "tok/en==" };

/** One AWS call that arrived, with its checked signature. */
export interface Call {
  service: string;
  /** Query API: its Action; JSON APIs: the operation of X-Amz-Target. */
  action: string;
  parameters: Record<string, unknown>;
}

/** Answers by action; an action that is not here is answered 200. */
export type Answers = Record<string, { status: number; body: string }>;

export interface Machine {
  folder: string;
  /** The scripts' calls to AWS, in order. */
  calls: Call[];
  answers: Answers;
  /** Calls of the fake `docker` and `systemctl`, in order. */
  commands: () => string[];
  /** Has a fake command print and exit so; `$*` holds its arguments. */
  fake: (command: string, script: string) => void;
  /** Other settings for the scripts. */
  settings: (more: Partial<UserDataArgs>) => void;
  /** The instance's metadata by path, beside its credentials. */
  metadata: Record<string, string>;
  run: (script: string, parameters?: string[], environment?: Record<string, string>) => Promise<Outcome>;
  close: () => Promise<void>;
}

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** An instance as its scripts see it: metadata, AWS's endpoints, and commands that only note how they were called. */
export async function createMachine(): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), "instance-"));
  const commands = join(folder, "commands.log");
  writeFileSync(commands, "");
  for (const name of ["scripts", "bin", "run"]) mkdirSync(join(folder, name));
  for (const name of [...bootFiles.scripts, ...bootFiles.storeScripts]) {
    write(join(folder, "scripts", name), readFileSync(join(workerImageFolder(), "boot", name), "utf8"));
  }
  const settings = (more: Partial<UserDataArgs> = {}) =>
    write(join(folder, "scripts", "boot.env"), `${bootSettings({ ...args, ...more })}\n`);
  settings();
  const fake = (command: string, script: string) =>
    write(join(folder, "bin", command), `#!/bin/bash\necho "${command} $*" >> '${commands}'\n${script}\n`);
  // No image is there yet.
  fake("docker", 'case $1 in login) cat >> "${0%/*}/password" ;; image) exit 1 ;; esac');
  fake("systemctl", "echo active");
  fake("journalctl", 'echo "docker: no \\"space\\" left"; echo "on device"');

  const metadata: Record<string, string> = {
    "instance-id": "i-0123456789abcdef0",
    "tags/instance/aws:autoscaling:groupName": "jobs-word-count",
  };
  const identity = {
    "iam/security-credentials/": "worker-role",
    "iam/security-credentials/worker-role": JSON.stringify(credentials, undefined, 2),
  };
  const metadataServer = await serveMetadata(() => ({ ...identity, ...metadata }));
  const calls: Call[] = [];
  const answers: Answers = {};
  const aws = await serveAws(calls, answers);
  const environment = {
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadataServer.address,
    AWS_ENDPOINT_URL_AUTO_SCALING: aws.address,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: aws.address,
    AWS_ENDPOINT_URL_ECR: aws.address,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.address,
    MEMORY_FOLDER: join(folder, "run"),
    RUNTIME_DIRECTORY: join(folder, "run"),
    DISK_FOLDER: join(folder, "disk"),
    SYS_FOLDER: join(folder, "sys"),
    DEV_FOLDER: join(folder, "dev"),
    STRIPE_NAME: stripeName,
    COUNTED_FILE: join(folder, "counted"),
  };
  return {
    folder,
    calls,
    answers,
    metadata,
    fake,
    settings,
    commands: () => readFileSync(commands, "utf8").split("\n").filter(Boolean),
    run: (script, parameters = [], more = {}) =>
      execute("bash", [script.includes("/") ? script : join(folder, "scripts", `${script}.sh`), ...parameters], {
        ...environment,
        ...more,
      }),
    close: async () => {
      await Promise.all([metadataServer.close(), aws.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

function write(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o700);
}

function execute(command: string, parameters: string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, parameters, { env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

/** AWS's endpoint: notes each call whose signature is right, and answers others 403. */
function serveAws(calls: Call[], answers: Answers): Promise<Listener> {
  return listen(
    (request, response) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        try {
          const call = callOf(request, body);
          calls.push(call);
          const { status, body: text } = answers[call.action] ?? { status: 200, body: "{}" };
          response.writeHead(status).end(text);
        } catch (error) {
          response.writeHead(403).end(String(error));
        }
      });
    },
    0,
    "AWS",
  );
}

function callOf({ method = "", url: path = "", headers }: IncomingMessage, body: string): Call {
  const { accessKey, region, service, signedHeaders } = checkSignature(
    { method, path, headers, body },
    credentials.SecretAccessKey,
  );
  if (accessKey !== credentials.AccessKeyId || region !== args.region)
    throw new Error(`Expected the role's key and region, got ${accessKey} and ${region}`);
  if (headers["x-amz-security-token"] !== credentials.Token || !signedHeaders.includes("x-amz-security-token"))
    throw new Error("Expected the role's token, signed");
  const target = headers["x-amz-target"];
  if (typeof target === "string") {
    const parameters = JSON.parse(body) as Record<string, unknown>;
    return { service: service!, action: target.split(".")[1]!, parameters };
  }
  const { Action, ...parameters } = Object.fromEntries(new URLSearchParams(body));
  return { service: service!, action: Action!, parameters };
}
