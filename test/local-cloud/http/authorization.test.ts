import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { createAuthorize } from "../../../client/connection/authorization";
import { readLocalRun } from "../../../client/connection/localRun";
import { LocalIssuer } from "../../../local-cloud/http/authorizers/localIssuer";
import type { Credentials } from "../../../local-cloud/wire/callers";
import { signCall } from "../../../local-cloud/wire/signatures/signCall";
import { codeFunction, letInvoke, roleThatMay } from "../programs";
import { rejection, startTestCloud, type TestCloud } from "../support";

const issuer = "https://issuer.example";
const origin = "https://app.example.com";

/** An API whose function answers with its event, at one route for each kind of authorization. */
function program() {
  const fn = codeFunction("front", "exports.handler = async (event) => event;");
  const corsConfiguration = { allowOrigins: [origin], allowMethods: ["GET"], allowHeaders: ["authorization"] };
  const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP", corsConfiguration });
  letInvoke("api-front", fn, "apigateway", pulumi.interpolate`${api.executionArn}/*`);
  const integrationUri = fn.invokeArn;
  const integration = new aws.apigatewayv2.Integration("integration", {
    ...{ apiId: api.id, integrationType: "AWS_PROXY", integrationUri, payloadFormatVersion: "2.0" },
  });
  const authorizer = (name: string, identitySource: string) =>
    new aws.apigatewayv2.Authorizer(name, {
      ...{ apiId: api.id, authorizerType: "JWT", identitySources: [identitySource] },
      jwtConfiguration: { issuer, audiences: ["jobs", "other-jobs"] },
    }).id;
  const byHeader = authorizer("by-header", "$request.header.Authorization");
  const byQuery = authorizer("by-query", "$request.querystring.token");
  const route = (routeKey: string, args: Partial<aws.apigatewayv2.RouteArgs>) =>
    new aws.apigatewayv2.Route(routeKey, {
      ...{ apiId: api.id, routeKey, target: pulumi.interpolate`integrations/${integration.id}`, ...args },
    });
  route("GET /open", { authorizationType: "NONE" });
  route("GET /unsaid", {});
  route("ANY /signed/{proxy+}", { authorizationType: "AWS_IAM" });
  route("GET /token", { authorizationType: "JWT", authorizerId: byHeader });
  route("GET /token-in-query", { authorizationType: "JWT", authorizerId: byQuery });
  route("GET /scoped", { authorizationType: "JWT", authorizerId: byHeader, authorizationScopes: ["read", "write"] });
  new aws.apigatewayv2.Stage("stage", { apiId: api.id, name: "$default", autoDeploy: true });
  const may = roleThatMay("may", ["execute-api:Invoke"], pulumi.interpolate`${api.executionArn}/$default/GET/signed/*`);
  const mayNot = roleThatMay("may-not", ["sqs:SendMessage"], "*");
  return { url: api.apiEndpoint, may, mayNot };
}

interface Seen {
  status: number;
  challenge: string | null;
  body: { message?: string; requestContext?: { authorizer?: Record<string, unknown> } };
}

async function seen(address: string, init?: RequestInit): Promise<Seen> {
  const response = await fetch(address, init);
  const body = (await response.json()) as Seen["body"];
  return { status: response.status, challenge: response.headers.get("www-authenticate"), body };
}

describe("local HTTP API that enforces authorization", () => {
  let test: TestCloud;
  let url: string;
  let may: string;
  let mayNot: string;
  before(async () => {
    test = await startTestCloud({ enforceAuth: true });
    ({ url, may, mayNot } = (await test.up(program)) as { url: string; may: string; mayNot: string });
  });
  after(() => test.stop());

  const forbidden = { status: 403, challenge: null, body: { message: "Forbidden" } };

  it("requires no authorization if a route says so, or says nothing, and answers 404 if there is none", async () => {
    for (const path of ["/open", "/unsaid"]) {
      const { status, body } = await seen(url + path);
      expect(status).to.equal(200);
      expect(body.requestContext).to.not.have.property("authorizer");
    }
    expect((await seen(`${url}/nowhere`)).status).to.equal(404);
  });

  it("answers preflight requests of origins that are let in without authorization, and lets them read refusals", async () => {
    for (const path of ["/signed/a", "/token"]) {
      const headers = { origin, "access-control-request-method": "GET" };
      expect((await fetch(url + path, { method: "OPTIONS", headers })).status, path).to.equal(204);
      const refused = await fetch(url + path, { headers: { origin } });
      expect(refused.ok).to.equal(false);
      expect(refused.headers.get("access-control-allow-origin")).to.equal(origin);
    }
  });

  describe("by signatures", () => {
    const call = (credentials: Credentials, more: { service?: string; region?: string; path?: string } = {}) => {
      const { service = "execute-api", region = test.cloud.region, path = "/signed/a%20b?c=d%20e&f=" } = more;
      const request = { service, region, path, method: "GET", address: url, headers: {}, body: "" };
      return { path, headers: signCall(request, credentials) };
    };
    const answerTo = async ({ path, headers }: ReturnType<typeof call>) => seen(url + path, { headers: await headers });

    it("accepts those of the user, and passes the identity on", async () => {
      const { accessKeyId } = test.cloud.credentials;
      const { status, body } = await answerTo(call(test.cloud.credentials));
      expect(status).to.equal(200);
      const { iam } = body.requestContext!.authorizer as { iam: Record<string, unknown> };
      expect(iam).to.deep.include({ accessKey: accessKeyId, accountId: "000000000000", principalOrgId: null });
      expect(iam).to.deep.include({ userArn: "arn:aws:iam::000000000000:user/local", cognitoIdentity: null });
      expect(iam.callerId)
        .to.match(/^AIDA[0-9A-F]{17}$/)
        .and.equal(iam.userId);
    });

    it("accepts one over the body, and refuses one over another body", async () => {
      const request = { service: "execute-api", region: test.cloud.region, path: "/signed/a", method: "POST" };
      const headers = await signCall({ ...request, address: url, headers: {}, body: "one" }, test.cloud.credentials);
      const send = (body: string) => seen(`${url}/signed/a`, { method: "POST", headers, body });
      expect((await send("one")).status).to.equal(200);
      expect(await send("two")).to.deep.equal(forbidden);
    });

    it("checks the role's policies for execute-api:Invoke on the method and path", async () => {
      const session = (name: string, roleArn: string) => test.cloud.callers.issue({ name, roleArn });
      const worker = session("i-1", may);
      const { status, body } = await answerTo(call(worker));
      expect(status).to.equal(200);
      const { iam } = body.requestContext!.authorizer as { iam: Record<string, unknown> };
      const role = may.replace(/^.*[/]/, "");
      expect(iam.userArn).to.equal(`arn:aws:sts::000000000000:assumed-role/${role}/i-1`);
      expect(iam.userId).to.match(/^AROA[0-9A-F]{17}:i-1$/);
      const request = { service: "execute-api", region: test.cloud.region, path: "/signed/a", method: "POST" };
      const headers = await signCall({ ...request, address: url, headers: {}, body: "" }, worker);
      expect(await seen(`${url}/signed/a`, { method: "POST", headers }), "another method").to.deep.equal(forbidden);
      expect(await answerTo(call(session("i-2", mayNot))), "another role").to.deep.equal(forbidden);
      const line = "is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:";
      expect(test.logs.some((entry) => entry.line.includes(line))).to.equal(true);
    });

    it("refuses all that isn't signed by a key of this run, for this service and region, at this time", async () => {
      const own = test.cloud.credentials;
      const wrongSecret = { ...own, secretAccessKey: "x".repeat(40) };
      const revoked = test.cloud.callers.issue({ name: "gone", roleArn: may });
      test.cloud.callers.revoke(revoked.accessKeyId);
      const withoutToken = { ...test.cloud.callers.issue({ name: "i-3", roleArn: may }), sessionToken: undefined };
      const cases: Record<string, ReturnType<typeof call>> = {
        "wrong secret": call(wrongSecret),
        "unknown key": call({ ...own, accessKeyId: "AKIAIOSFODNN7EXAMPLE" }),
        "revoked key": call(revoked),
        "no session token": call(withoutToken),
        "wrong service": call(own, { service: "sqs" }),
        "wrong region": call(own, { region: "eu-north-1" }),
        "another path": { ...call(own), path: "/signed/b" },
        "a token": { ...call(own), headers: Promise.resolve({ authorization: "Bearer t" }) },
        "a senseless signature": { ...call(own), headers: Promise.resolve({ authorization: "AWS4-HMAC-SHA256 x" }) },
        nothing: { ...call(own), headers: Promise.resolve({}) },
      };
      for (const [name, each] of Object.entries(cases)) expect(await answerTo(each), name).to.deep.equal(forbidden);
    });

    it("refuses one of 16 minutes ago, and one of 16 minutes from now", async () => {
      const { region, credentials } = test.cloud;
      const authorize = createAuthorize(new URL(url), { authorization: "iam", region, credentials });
      const target = new URL("/signed/a", url);
      for (const [minutes, status] of [
        [-16, 403],
        [0, 200],
        [16, 403],
      ] as const) {
        const signedAt = new Date(Date.now() + minutes * 60_000);
        const headers = await authorize({ method: "GET", url: target, headers: {}, signedAt });
        expect((await seen(target.href, { headers })).status, `${minutes} min`).to.equal(status);
      }
    });
  });

  describe("by tokens", () => {
    const withToken = (token: string, path = "/token") =>
      seen(url + path, { headers: { authorization: `Bearer ${token}` } });
    const refusal = (description: string) => ({
      ...{ status: 401, body: { message: "Unauthorized" } },
      challenge: `Bearer scope="" error="invalid_token" error_description="${description}"`,
    });

    it("accepts one of its issuer, and passes its claims on as texts", async () => {
      const token = test.cloud.issuer.issue({ issuer, audience: "jobs", subject: "somebody" });
      const { status, body } = await withToken(token);
      expect(status).to.equal(200);
      const { jwt } = body.requestContext!.authorizer as { jwt: { claims: Record<string, unknown>; scopes: unknown } };
      expect(jwt.claims).to.include({ iss: issuer, aud: "jobs", sub: "somebody" });
      expect(jwt.claims.exp).to.match(/^\d{10}$/);
      expect(jwt.scopes).to.equal(null);
      expect((await seen(`${url}/token`, { headers: { authorization: token } })).status, "bare").to.equal(200);
      const inQuery = await seen(`${url}/token-in-query?token=${token}`);
      expect(inQuery.status, "in the query").to.equal(200);
    });

    it("requires one of the route's scopes", async () => {
      const issue = (scopes?: string[]) => test.cloud.issuer.issue({ issuer, audience: "jobs", scopes });
      const { status, body } = await withToken(issue(["read", "more"]), "/scoped");
      expect(status).to.equal(200);
      const { jwt } = body.requestContext!.authorizer as { jwt: { claims: { scope: string }; scopes: string[] } };
      expect([jwt.claims.scope, jwt.scopes]).to.deep.equal(["read more", ["read"]]);
      for (const scopes of [undefined, ["more"]]) {
        const challenge = `Bearer scope="read write" error="insufficient_scope"`;
        expect(await withToken(issue(scopes), "/scoped")).to.deep.equal({ ...forbidden, challenge });
      }
    });

    it("refuses all others, and says why", async () => {
      const now = Math.floor(Date.now() / 1_000);
      const good = { iss: issuer, aud: "jobs", exp: now + 60 };
      const sign = (claims: object) => test.cloud.issuer.sign(claims);
      const [head = "", body = "", signature = ""] = sign(good).split(".");
      const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
      const kid = test.cloud.issuer.key.id;
      const cases: [token: string, description: string][] = [
        ["nonsense", "the token is not in the form of three base64url parts"],
        [`${head}.${body}.`, "the token is not in the form of three base64url parts"],
        [`bm8.${body}.${signature}`, "the token is not made of JSON objects"],
        [`${encoded({ alg: "none", kid })}.${body}.${signature}`, "the token is not signed with RS256"],
        [`${encoded({ alg: "HS256", kid })}.${body}.${signature}`, "the token is not signed with RS256"],
        [new LocalIssuer().sign(good), "the token names no key of the issuer"],
        [`${head}.${encoded({ ...good, sub: "root" })}.${signature}`, "the token's signature is invalid"],
        [sign({ ...good, iss: `${issuer}/` }), "the token does not have a valid issuer"],
        [sign({ ...good, aud: "others" }), "the token does not have a valid audience"],
        [sign({ ...good, aud: ["others"], client_id: "jobs" }), "the token does not have a valid audience"],
        [sign({ ...good, aud: undefined }), "the token does not have a valid audience"],
        [sign({ ...good, exp: now - 1 }), "the token has expired"],
        [sign({ ...good, exp: undefined }), "the token does not say when it expires"],
        [sign({ ...good, nbf: now + 60 }), "the token is not valid yet"],
        [sign({ ...good, iat: now + 60 }), "the token was issued in the future"],
      ];
      for (const [token, description] of cases) {
        expect(await withToken(token), description).to.deep.equal(refusal(description));
      }
      for (const headers of [undefined, { authorization: "" }, { authorization: "Bearer " }]) {
        const missing = { status: 401, challenge: "Bearer", body: { message: "Unauthorized" } };
        expect(await seen(`${url}/token`, { headers })).to.deep.equal(missing);
      }
      for (const claims of [
        { ...good, aud: ["others", "other-jobs"] },
        { ...good, aud: undefined, client_id: "jobs" },
      ]) {
        expect((await withToken(sign(claims))).status).to.equal(200);
      }
    });
  });

  it("refuses to bring up what it can't check, by name", async () => {
    const cases: [() => unknown, string][] = [
      [
        () => ({ authorizationType: "CUSTOM", authorizerId: "abc" }),
        "Expected `authorizationType` NONE, AWS_IAM or JWT",
      ],
      [() => ({ authorizationType: "JWT" }), "Expected `authorizerId` as a text"],
    ];
    for (const [args, message] of cases) {
      const other = await startTestCloud({ enforceAuth: true });
      const error = await rejection(
        other.up(() => {
          const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" });
          const target = "integrations/abc";
          new aws.apigatewayv2.Route("route", { apiId: api.id, routeKey: "$default", target, ...(args() as object) });
        }),
      );
      expect(error.message).to.contain(message);
    }
  });
});

describe("local HTTP API, where authorization isn't enforced", () => {
  let test: TestCloud;
  after(() => test?.stop());

  it("requires no authorization", async () => {
    test = await startTestCloud();
    const { url } = (await test.up(program)) as { url: string };
    for (const path of ["/open", "/signed/a", "/token", "/scoped"]) {
      const { status, body } = await seen(url + path);
      expect(status, path).to.equal(200);
      expect(body.requestContext).to.not.have.property("authorizer");
    }
    expect(readLocalRun(new URL(url)))
      .to.include({ authorization: "none" })
      .and.not.have.property("bearerToken");
  });
});
