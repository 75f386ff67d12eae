import { type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../contract/http/listen";
import { readBody } from "../contract/http/readBody";
import type { Iam } from "./iam/iam";
import { inputOf } from "./jsonInput";
import type { Log } from "./log";
import type { RegionData } from "./stores/dataFolder";
import { type Messaging, startMessaging } from "./stores/messaging";
import { startTables, type Tables } from "./stores/tables";
import { actionOf, type AwsRequest, functionNameOf, objectOf, refuse, serviceOf } from "./wire/awsRequest";
import type { Callers } from "./wire/callers";
import type { Faults, Refusal } from "./wire/faults";
import { Refused } from "./wire/refusal";
import type { Service } from "./wire/service";
import { refusalOf, Unproven } from "./wire/signatures/problems";
import { type Claimant, Signatures } from "./wire/signatures/signatures";
import { type Target, targetOf } from "./wire/signatures/target";

export interface Endpoint {
  /** `http://127.0.0.1:PORT` */
  address: string;
  /** Starts the stores of a region. While there is one region, it takes the calls of all. */
  open(region: string, data?: RegionData): Promise<EndpointRegion>;
  close(): Promise<void>;
}

/** The part of the endpoint that takes a region's calls. */
export interface EndpointRegion {
  name: string;
  /** By the service's name in the credential scope. Services can be added while it runs. */
  services: Map<string, Service>;
  messaging: Messaging;
  tables: Tables;
  /** Decides about every call of a function or an instance; until it is set, only the developer can call. */
  iam?: Iam;
  data: RegionData | undefined;
}

/** Parts of the endpoint. */
interface Parts {
  regions: EndpointRegion[];
  signatures: Signatures;
  faults: Faults;
  log: Log;
}

/**
 * Starts the one address of all services and regions, which the signature's credential scope tells apart. Only calls
 * with a valid signature by an issued key reach them.
 */
export async function startEndpoint(options: {
  port: number;
  faults: Faults;
  callers: Callers;
  log: Log;
}): Promise<Endpoint> {
  const regions: EndpointRegion[] = [];
  const { faults, log } = options;
  const parts: Parts = { regions, faults, log, signatures: new Signatures(options.callers) };
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => void answer(parts, message, response);
  const listener = await listen(onRequest, options.port, "the AWS endpoint");
  return {
    address: listener.address,
    async open(name, data) {
      const messaging = await startMessaging(listener.address, name, data);
      const tables = await startTables(data);
      const services = new Map<string, Service>([
        ["sqs", { protocol: "json", handle: messaging.handle }],
        ["sns", { protocol: "query", handle: messaging.handle }],
        ["sts", { protocol: "query", handle: messaging.handle }],
        ["s3", { protocol: "rest-xml", handle: messaging.handle }],
        ["dynamodb", { protocol: "json", handle: tables.handle }],
      ]);
      const region: EndpointRegion = { name, services, messaging, tables, data };
      regions.push(region);
      return region;
    },
    async close() {
      await Promise.all([listener.close(), ...regions.map(({ messaging }) => messaging.close())]);
      await Promise.all(regions.map(({ tables }) => tables.close()));
    },
  };
}

/** Every error concerns only this request. */
async function answer(parts: Parts, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = targetOf(message);
  const service = serviceOf(message, target);
  const protocol = parts.regions[0]?.services.get(service)?.protocol ?? "json";
  try {
    await dispatch(parts, { service, target, message }, response);
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
  { regions, signatures, faults }: Parts,
  { service: name, target, message }: { service: string; target: Target; message: IncomingMessage },
  response: ServerResponse,
): Promise<void> {
  const claimant = signatures.claimantOf(message, target);
  const limit = name === "s3" ? maxBodyBytes.s3 : maxBodyBytes.others;
  const sent = await readBody(message, limit);
  if (!sent) throw new Refused(`Expected at most ${limit} bytes`, "RequestEntityTooLarge", 413);
  const body = await signatures.prove(claimant, message, target, sent);
  const region = regionOf(claimant, regions);
  const { services, iam, data } = region;
  const service = services.get(name);
  if (!service) {
    const known = [...services.keys()].join(", ");
    throw new Refused(`The local cloud has no ${name}; it has ${known}`, "NotImplemented", 501);
  }
  const { caller } = claimant.issued;
  const call = { service: name, accessKeyId: claimant.claim.accessKeyId, caller, message, target, body };
  const action = actionOf(call, service.protocol);
  const request: AwsRequest = { ...call, action, ...(service.protocol === "json" && { input: inputOf(body) }) };
  if (name === "s3") expectBucketIn(region, request, regions);
  const refusal: Refusal | undefined =
    iam?.refusalOf(caller, request, action) ??
    (faults.isEmpty
      ? undefined
      : await faults.strike({
          region: region.name,
          service: name,
          action,
          body: body.toString(),
          caller: functionNameOf(target) ?? caller.name,
        }));
  if (data) answerOnceWritten(response, data);
  if (refusal) refuse(response, service.protocol, refusal);
  else await service.handle(request, response);
}

/** By the credential scope. */
function regionOf({ claim }: Claimant, regions: readonly EndpointRegion[]): EndpointRegion {
  const meant = regions.length === 1 ? regions[0] : regions.find(({ name }) => name === claim.region);
  if (meant) return meant;
  const names = regions.map(({ name }) => name).join(", ");
  const problem = `Credential should be scoped to a valid region: the local cloud has ${names}, got ${claim.region}`;
  throw new Unproven("mismatch", problem);
}

/** Names of buckets are global. @throws Refused as S3 does for one of another region */
function expectBucketIn({ name }: EndpointRegion, request: AwsRequest, regions: readonly EndpointRegion[]): void {
  const { bucket } = objectOf(request.target);
  const owner = regions.find(({ messaging }) => messaging.hasBucket(bucket))?.name ?? name;
  if (owner === name) return;
  if (request.action === "CreateBucket") {
    const problem = "Your previous request to create the named bucket succeeded and you already own it.";
    throw new Refused(problem, "BucketAlreadyOwnedByYou", 409);
  }
  const problem = `The authorization header is malformed; the region '${name}' is wrong; expecting '${owner}'`;
  throw new Refused(problem, "AuthorizationHeaderMalformed");
}

/** Holds the answer back until the changes that the call made outlast this process. */
function answerOnceWritten(response: ServerResponse, data: RegionData): void {
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
