import { IncomingMessage, ServerResponse } from "node:http";
import { actionOf, AwsRequest, functionNameOf, Protocol, refuse, scopeOf } from "./awsRequest";
import type { Callers } from "./callers";
import type { Faults, Refusal } from "./faults";
import type { Iam } from "./iam/iam";
import { listen, Listener } from "./listen";
import type { Log } from "./log";
import { startMessaging, Messaging } from "./messaging";
import { startTables } from "./tables";

/** A service behind the endpoint. */
export interface Service {
  protocol: Protocol;
  handle(request: AwsRequest, response: ServerResponse): void | Promise<void>;
}

export interface Endpoint {
  /** `http://127.0.0.1:PORT` */
  address: string;
  /** By the service's name in the credential scope. More can be added while it runs. */
  services: Map<string, Service>;
  messaging: Messaging;
  /** Decides over every call of a function or an instance; before it is there, nobody but the person calls. */
  iam?: Iam;
  close(): Promise<void>;
}

/** Starts the one address at which the services answer, told apart by the signature's credential scope. */
export async function startEndpoint(options: {
  port: number;
  region: string;
  faults: Faults;
  callers: Callers;
  log: Log;
}): Promise<Endpoint> {
  const services = new Map<string, Service>();
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    dispatch(endpoint, options, message, response).catch((error: Error) => {
      const isClientGone = message.errored !== null;
      const line = `${message.method} ${message.url}: ${error.stack ?? error.message}`;
      if (!isClientGone) options.log({ source: "cloud", name: "endpoint", stream: "stderr", line });
      response.destroy();
    });
  };
  const listener = await listen(onRequest, options.port, "the AWS endpoint");
  const messaging = await startMessaging(listener.address, options.region);
  const tables = startTables();
  services.set("sqs", { protocol: "json", handle: messaging.handle });
  services.set("sns", { protocol: "query", handle: messaging.handle });
  services.set("sts", { protocol: "query", handle: messaging.handle });
  services.set("s3", { protocol: "rest-xml", handle: messaging.handle });
  services.set("dynamodb", { protocol: "json", handle: tables.handle });
  const endpoint: Endpoint = {
    address: listener.address,
    services,
    messaging,
    close: () => close(listener, messaging),
  };
  return endpoint;
}

async function close(listener: Listener, messaging: Messaging): Promise<void> {
  await Promise.all([listener.close(), messaging.close()]);
}

async function dispatch(
  { services, iam }: Pick<Endpoint, "services" | "iam">,
  { faults, callers }: { faults: Faults; callers: Callers },
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request: AwsRequest = { ...scopeOf(message), message, body: await readBody(message) };
  const service = services.get(request.service);
  if (!service) {
    refuse(response, "json", {
      status: 501,
      code: "NotImplemented",
      message: `The local cloud has no ${request.service}; it has ${[...services.keys()].join(", ")}`,
    });
    return;
  }
  const caller = callers.find(request.accessKeyId);
  const action = actionOf(request, service.protocol);
  const refusal: Refusal | undefined =
    iam?.refusalOf(caller, request, action) ??
    (faults.isEmpty
      ? undefined
      : await faults.strike({
          service: request.service,
          action,
          body: request.body.toString(),
          caller: functionNameOf(message) ?? caller?.name,
        }));
  if (refusal) refuse(response, service.protocol, refusal);
  else await service.handle(request, response);
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
