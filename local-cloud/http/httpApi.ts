import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { listen, type Listener } from "../../contract/http/listen";
import { readBody } from "../../contract/http/readBody";
import { accountId } from "../account";
import type { Iam } from "../iam/iam";
import type { Lambdas } from "../lambda/lambdas";
import type { Log } from "../log";
import { Refused } from "../wire/refusal";
import type { RegionOutage } from "../wire/regionOutage";
import type { JwtAuthorizer } from "./authorizers/jwtAuthorizer";
import type { LocalIssuer } from "./authorizers/localIssuer";
import type { RouteAuthorization } from "./authorizers/routeAuthorization";
import type { RouteGuard } from "./authorizers/routeGuard";
import { answerConsole } from "./consolePage";
import { answerControl, type ControlledCloud } from "./controls";
import { answerOf, functionFailed, gatewayAnswer, type HttpAnswer } from "./httpAnswer";
import { allowsOrigin, answerPreflight, type CorsConfiguration, withCors } from "./httpCors";
import { eventOf } from "./httpEvent";
import { matchRoute } from "./httpRoutes";

/** "Amazon API Gateway quotas for HTTP APIs"; the event limit is Lambda's, for synchronous calls. */
const limits = {
  bodyBytes: 10 * 1_024 * 1_024,
  headerBytes: 10_240,
  eventBytes: 6 * 1_024 * 1_024,
  integrationMilliseconds: 30_000,
};

/** Paths that never reach a function: they belong to the local cloud's own controls. */
const reservedPrefix = "/_local/";

/** A route of an HTTP API. */
export interface Route {
  /** Id under {@link HttpApi.integrations}. */
  integrationId: string;
  authorization: RouteAuthorization;
}

/** The way in which the developer calls an API. */
export interface Access {
  authorization: "none" | "iam" | "jwt";
  /** Token for an API that requires one. */
  bearerToken?: string;
}

/** Checks the routes' authorization, and makes the tokens that some of them need. */
export interface Enforcement {
  guard: RouteGuard;
  issuer: LocalIssuer;
}

/** An HTTP API that listens on a port of this machine. */
export class HttpApi {
  readonly id = randomBytes(5).toString("hex");
  /** Integration id → any ARN of a function. */
  readonly integrations = new Map<string, string>();
  stage = "$default";
  cors: CorsConfiguration = {};
  access: Access = { authorization: "none" };
  /** By their route keys. */
  private readonly routes = new Map<string, Route>();
  /** By their ids. */
  private readonly authorizers = new Map<string, JwtAuthorizer>();
  private readonly tokens = new Map<string, string>();
  private listener: Listener | undefined;

  /** @param onAccess called when {@link access} has changed */
  constructor(
    readonly name: string,
    private readonly cloud: ControlledCloud & {
      region: string;
      lambdas: Lambdas;
      iam: Iam;
      outage: RegionOutage;
      log: Log;
      /** Folder of the console's page. @default - none is served */
      console?: string | undefined;
      /** Without it every route is open. */
      enforcement?: Enforcement;
    },
    private readonly onAccess: (api: HttpApi) => void,
  ) {}

  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  get address(): string {
    return this.listener!.address;
  }

  async start(port: number): Promise<void> {
    this.listener = await listen(
      (message, response) => {
        this.handle(message, response).catch((error: Error) => {
          const isClientGone = message.errored !== null;
          if (isClientGone) return;
          this.cloud.log({ source: "cloud", name: this.name, stream: "stderr", line: error.stack ?? error.message });
          if (!response.headersSent) send(response, functionFailed);
        });
      },
      port,
      `the HTTP API ${this.name}`,
      (origin, url) => allowsOrigin(this.cors, origin) && !this.pathWithinStage(url).startsWith(reservedPrefix),
    );
  }

  putRoute(routeKey: string, route: Route): void {
    this.routes.set(routeKey, route);
    this.updateAccess();
  }

  deleteRoute(routeKey: string): void {
    this.routes.delete(routeKey);
    this.updateAccess();
  }

  putAuthorizer(id: string, authorizer: JwtAuthorizer): void {
    this.authorizers.set(id, authorizer);
    this.updateAccess();
  }

  deleteAuthorizer(id: string): void {
    this.authorizers.delete(id);
    this.updateAccess();
  }

  async stop(): Promise<void> {
    await this.listener?.close();
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    if (headerBytes(message) > limits.headerBytes)
      return reject(message, response, 431, "Request Header Fields Too Large");
    const isShort = Number(message.headers["content-length"] ?? 0) <= limits.bodyBytes;
    const body = isShort ? await readBody(message, limits.bodyBytes) : undefined;
    if (!body) return reject(message, response, 413, "Request Too Long");
    const answer = answerPreflight(this.cors, message) ?? (await this.answer(message, body));
    send(response, withCors(this.cors, message.headers.origin, answer));
  }

  private async answer(message: IncomingMessage, body: Buffer): Promise<HttpAnswer> {
    const path = this.pathWithinStage(message.url ?? "/");
    if (path.startsWith(reservedPrefix)) {
      const { method = "GET", headers } = message;
      return answerControl(this.cloud, { method, path, headers, body });
    }
    const page = this.answerConsole(message, path);
    if (page) return page;
    const answer = await this.answerRequest(message, body, path);
    const kind = Math.floor(answer.status / 100);
    const counts = { Count: 1, "4xx": Number(kind === 4), "5xx": Number(kind === 5) };
    this.cloud.alarms.measure("AWS/ApiGateway", { ApiId: this.id }, counts);
    return answer;
  }

  private async answerRequest(message: IncomingMessage, body: Buffer, path: string): Promise<HttpAnswer> {
    if (await this.isOut()) return gatewayAnswer(503, "Service Unavailable");
    const match = matchRoute(this.routes.keys(), message.method ?? "GET", path);
    const route = match && this.routes.get(match.routeKey);
    const target = route && this.integrations.get(route.integrationId);
    if (!match || !target) return gatewayAnswer(404, "Not Found");
    const verdict = await this.cloud.enforcement?.guard.judge({
      ...{ message, body, authorization: route.authorization, authorizer: this.authorizerOf(route) },
      arn: this.arnOf(`${message.method ?? "GET"}${path}`),
    });
    if (verdict && "refusal" in verdict) return verdict.refusal;
    const { authorizer } = verdict ?? {};
    const { id: apiId, stage } = this;
    const context = { apiId, region: this.cloud.region, stage, port: this.listener!.port, authorizer };
    const event = JSON.stringify(eventOf(message, body, match, context));
    if (Buffer.byteLength(event) > limits.eventBytes) return gatewayAnswer(413, "Request Too Long");
    return this.mayInvoke(target, match.routeKey) ? this.call(target, event) : functionFailed;
  }

  /** Resolves once the caller may know: at the end of an outage without answers. */
  private async isOut(): Promise<boolean> {
    const { outage } = this.cloud;
    const service = ["execute-api", "lambda"].find((each) => outage.hits(each));
    if (service === undefined) return false;
    if (outage.now?.kind === "hang") await outage.over(service);
    return true;
  }

  /** Only an API that takes jobs has the page. */
  private answerConsole({ method = "GET", url = "/", headers: { accept } }: IncomingMessage, path: string) {
    const { console: folder } = this.cloud;
    if (folder === undefined || !this.routes.has("POST /jobs")) return undefined;
    const base = this.stage !== "$default" && url.startsWith(`/${this.stage}`) ? `/${this.stage}` : "";
    return answerConsole(folder, { method, path, base, accept });
  }

  /** By the function's resource policy; the route is the source ARN. */
  private mayInvoke(target: string, routeKey: string): boolean {
    const resource = /arn:aws:lambda:[^/]+/.exec(target)?.[0] ?? target;
    const source = this.arnOf(routeKey.replace(" ", ""));
    return this.cloud.iam.serviceMay("apigateway.amazonaws.com", { action: "lambda:InvokeFunction", resource }, source);
  }

  private arnOf(methodAndPath: string): string {
    return `arn:aws:execute-api:${this.cloud.region}:${accountId}:${this.id}/${this.stage}/${methodAndPath}`;
  }

  private authorizerOf({ authorization }: Route): JwtAuthorizer | undefined {
    return authorization.type === "JWT" ? this.authorizers.get(authorization.authorizerId) : undefined;
  }

  private updateAccess(): void {
    const access = this.findAccess();
    const { authorization, bearerToken } = this.access;
    if (access.authorization === authorization && access.bearerToken === bearerToken) return;
    this.access = access;
    this.onAccess(this);
  }

  /** Access to the route that takes jobs: others, such as one for preflight requests, may require less. */
  private findAccess(): Access {
    const match = matchRoute(this.routes.keys(), "POST", "/jobs");
    const route = match && this.routes.get(match.routeKey);
    if (!route || !this.cloud.enforcement) return { authorization: "none" };
    if (route.authorization.type === "NONE") return { authorization: "none" };
    if (route.authorization.type === "AWS_IAM") return { authorization: "iam" };
    const authorizer = this.authorizerOf(route);
    return { authorization: "jwt", ...(authorizer && { bearerToken: this.tokenFor(authorizer) }) };
  }

  /** A token with the scopes of all routes; reused for as long as they require the same. */
  private tokenFor({ issuer, audiences }: JwtAuthorizer): string {
    const all = [...this.routes.values()].map(({ authorization }) => authorization);
    const scopes = [...new Set(all.flatMap((each) => (each.type === "JWT" ? each.scopes : [])))].sort();
    const request = { issuer, audience: audiences[0]!, scopes };
    const key = JSON.stringify(request);
    const token = this.tokens.get(key) ?? this.cloud.enforcement!.issuer.issue(request);
    this.tokens.set(key, token);
    return token;
  }

  private async call(functionArn: string, event: string): Promise<HttpAnswer> {
    const timeout = new AbortController();
    const late = sleep(limits.integrationMilliseconds, undefined, { signal: timeout.signal }).catch(() => undefined);
    try {
      const result = await Promise.race([this.cloud.lambdas.invoke(functionArn, event), late]);
      if (!result) return gatewayAnswer(503, "Service Unavailable");
      return result.functionError ? functionFailed : answerOf(result.payload);
    } catch (error) {
      if (error instanceof Refused)
        return error.status === 429 ? gatewayAnswer(503, "Service Unavailable") : functionFailed;
      throw error;
    } finally {
      timeout.abort();
    }
  }

  private pathWithinStage(url: string): string {
    const path = url.replace(/\?.*$/s, "");
    const prefix = `/${this.stage}`;
    if (this.stage === "$default" || !(path === prefix || path.startsWith(`${prefix}/`))) return path;
    return path.slice(prefix.length) || "/";
  }
}

/** Bytes of request line and headers that count towards the limit. */
function headerBytes(message: IncomingMessage): number {
  const line = `${message.method} ${message.url} HTTP/${message.httpVersion}`;
  return message.rawHeaders.reduce((total, text) => total + Buffer.byteLength(text), Buffer.byteLength(line));
}

/** Answers without having read the request, which is drained: a client that is cut off would see no answer. */
function reject(message: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  message.resume();
  response.setHeader("connection", "close");
  send(response, gatewayAnswer(status, text));
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.cookies.length > 0 && { "set-cookie": answer.cookies }),
    "apigw-requestid": randomBytes(12).toString("base64url"),
    "content-length": answer.body.length,
  });
  response.end(answer.body);
}
