import { type IncomingMessage, type ServerResponse } from "node:http";
import { listen, type Listener } from "../contract/http/listen";
import { readBody } from "../contract/http/readBody";
import type { Iam } from "./iam/iam";
import { inputOf } from "./jsonInput";
import type { Log } from "./log";
import type { DataFolder } from "./stores/dataFolder";
import { type Messaging, startMessaging } from "./stores/messaging";
import { startTables, type Tables } from "./stores/tables";
import { actionOf, type AwsRequest, functionNameOf, refuse, serviceOf } from "./wire/awsRequest";
import type { Callers } from "./wire/callers";
import type { Faults, Refusal } from "./wire/faults";
import { Refused } from "./wire/refusal";
import type { Service } from "./wire/service";
import { refusalOf, Unproven } from "./wire/signatures/problems";
import { Signatures } from "./wire/signatures/signatures";
import { type Target, targetOf } from "./wire/signatures/target";

export interface Endpoint {
  /** `http://127.0.0.1:PORT` */
  address: string;
  /** By the service's name in the credential scope. Services can be added while it runs. */
  services: Map<string, Service>;
  messaging: Messaging;
  /** Decides about every call of a function or an instance; until it is set, only the developer can call. */
  iam?: Iam;
  close(): Promise<void>;
}

/** Parts of the endpoint. */
interface Parts {
  services: Map<string, Service>;
  signatures: Signatures;
  faults: Faults;
  data: DataFolder | undefined;
  log: Log;
}

/**
 * Starts the one address of all services, which the signature's credential scope tells apart. Only calls with a
 * valid signature by an issued key reach them.
 */
export async function startEndpoint(options: {
  port: number;
  region: string;
  faults: Faults;
  callers: Callers;
  data?: DataFolder | undefined;
  log: Log;
}): Promise<Endpoint> {
  const services = new Map<string, Service>();
  const { faults, data, log } = options;
  const parts: Parts = { services, faults, data, log, signatures: new Signatures(options.callers) };
  const onRequest = (message: IncomingMessage, response: ServerResponse): void =>
    void answer(parts, endpoint.iam, message, response);
  const listener = await listen(onRequest, options.port, "the AWS endpoint");
  const messaging = await startMessaging(listener.address, options.region, data);
  const tables = await startTables(data);
  services.set("sqs", { protocol: "json", handle: messaging.handle });
  services.set("sns", { protocol: "query", handle: messaging.handle });
  services.set("sts", { protocol: "query", handle: messaging.handle });
  services.set("s3", { protocol: "rest-xml", handle: messaging.handle });
  services.set("dynamodb", { protocol: "json", handle: tables.handle });
  const endpoint: Endpoint = {
    address: listener.address,
    services,
    messaging,
    close: () => close(listener, messaging, tables),
  };
  return endpoint;
}

async function close(listener: Listener, messaging: Messaging, tables: Tables): Promise<void> {
  await Promise.all([listener.close(), messaging.close()]);
  await tables.close();
}

/** Every error concerns only this request. */
async function answer(
  parts: Parts,
  iam: Iam | undefined,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = targetOf(message);
  const service = serviceOf(message, target);
  const protocol = parts.services.get(service)?.protocol ?? "json";
  try {
    await dispatch(parts, iam, { service, target, message }, response);
  } catch (error) {
    const isClientGone = message.errored !== null || response.destroyed;
    const refusal = refusalFor(service, error as Error);
    if (!refusal && !isClientGone) {
      const line = `${message.method} ${message.url}: ${(error as Error).stack ?? String(error)}`;
      parts.log({ source: "cloud", name: "endpoint", stream: "stderr", line });
    }
    if (isClientGone || response.headersSent) response.destroy();
    else refuse(response, protocol, refusal ?? internalFailure);
  }
}

const internalFailure: Refusal = {
  status: 500,
  code: "InternalFailure",
  message: "The local cloud could not deal with this request; what it logged says why",
};

function refusalFor(service: string, error: Error): Refusal | undefined {
  if (error instanceof Unproven) return refusalOf(service, error);
  return error instanceof Refused ? error : undefined;
}

async function dispatch(
  { services, signatures, faults, data }: Parts,
  iam: Iam | undefined,
  { service: name, target, message }: { service: string; target: Target; message: IncomingMessage },
  response: ServerResponse,
): Promise<void> {
  const claimant = signatures.claimantOf(message, target);
  const limit = name === "s3" ? maxBodyBytes.s3 : maxBodyBytes.others;
  const sent = await readBody(message, limit);
  if (!sent) throw new Refused(`Expected at most ${limit} bytes`, "RequestEntityTooLarge", 413);
  const body = await signatures.prove(claimant, message, target, sent);
  const service = services.get(name);
  if (!service) {
    const known = [...services.keys()].join(", ");
    throw new Refused(`The local cloud has no ${name}; it has ${known}`, "NotImplemented", 501);
  }
  const { caller } = claimant.issued;
  const call = { service: name, accessKeyId: claimant.claim.accessKeyId, caller, message, target, body };
  const action = actionOf(call, service.protocol);
  const request: AwsRequest = { ...call, action, ...(service.protocol === "json" && { input: inputOf(body) }) };
  const refusal: Refusal | undefined =
    iam?.refusalOf(caller, request, action) ??
    (faults.isEmpty
      ? undefined
      : await faults.strike({
          service: name,
          action,
          body: body.toString(),
          caller: functionNameOf(target) ?? caller.name,
        }));
  if (data) answerOnceWritten(response, data);
  if (refusal) refuse(response, service.protocol, refusal);
  else await service.handle(request, response);
}

/** Holds the answer back until the changes that the call made outlast this process. */
function answerOnceWritten(response: ServerResponse, data: DataFolder): void {
  const end = response.end.bind(response) as (...args: unknown[]) => void;
  response.end = (...args: unknown[]) => {
    data.written().then(
      () => end(...args),
      () => response.destroy(),
    );
    return response;
  };
}

/** Most bytes of a request. S3 takes as much as one buffer can hold, the others more than any of AWS's own limits. */
const maxBodyBytes = { s3: 1_024 ** 3 + 1_024 ** 2, others: 17 * 1_024 ** 2 };
