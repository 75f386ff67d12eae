import { request } from "node:http";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { matchRoute } from "../../../local-cloud/http/httpRoutes";
import { codeFunction, letInvoke, roleThatMay } from "../programs";
import { rawCall } from "../rawCalls";
import { controlHeaders, rejection, startTestCloud, type TestCloud } from "../support";

const handler = `
const { DynamoDBClient, PutItemCommand } = require("@aws-sdk/client-dynamodb");
const client = new DynamoDBClient({});
exports.handler = async (event) => {
  switch (event.rawPath) {
    case "/put":
      await client.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { id: { S: JSON.parse(event.body).id } } }));
      return { statusCode: 201, headers: { "X-Made": 1 }, cookies: ["a=1", "b=2"], body: "made" };
    case "/throw": throw new Error("broken");
    case "/bytes": return { statusCode: 200, headers: { "Content-Type": "image/png" }, body: "AAEC", isBase64Encoded: true };
    case "/bad": return { statusCode: "many" };
    default: return event;
  }
};`;

describe("local HTTP API", () => {
  let test: TestCloud;
  let url: string;
  let table: string;
  before(async () => {
    test = await startTestCloud();
    const outputs = await test.up(() => {
      const records = new aws.dynamodb.Table("records", { hashKey: "id", attributes: [{ name: "id", type: "S" }] });
      const fn = codeFunction("front", handler, {
        environment: { variables: { TABLE: records.name } },
        role: roleThatMay("front", ["dynamodb:PutItem"], records.arn),
      });
      const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" });
      letInvoke("api-front", fn, "apigateway", pulumi.interpolate`${api.executionArn}/*`);
      const integrationUri = fn.invokeArn;
      const integration = new aws.apigatewayv2.Integration("integration", {
        ...{ apiId: api.id, integrationType: "AWS_PROXY", integrationUri, payloadFormatVersion: "2.0" },
      });
      const target = pulumi.interpolate`integrations/${integration.id}`;
      new aws.apigatewayv2.Route("route", { apiId: api.id, routeKey: "$default", target });
      const stage = new aws.apigatewayv2.Stage("stage", { apiId: api.id, name: "$default", autoDeploy: true });
      return { url: stage.invokeUrl, endpoint: api.apiEndpoint, table: records.name };
    });
    expect(outputs.url).to.equal(`${String(outputs.endpoint)}/`);
    url = String(outputs.endpoint);
    table = String(outputs.table);
  });
  after(() => test.stop());

  it("hands requests to the function, which reaches the table", async () => {
    const answer = await fetch(`${url}/put`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "one" }),
    });
    expect(answer.status).to.equal(201);
    expect(answer.headers.get("x-made")).to.equal("1");
    expect(answer.headers.getSetCookie()).to.deep.equal(["a=1", "b=2"]);
    expect(await answer.text()).to.equal("made");
    const { Items } = await test.dynamodb.send(new ScanCommand({ TableName: table }));
    expect(Items).to.deep.equal([{ id: { S: "one" } }]);
  });

  it("makes events of payload format 2.0", async () => {
    const answer = await fetch(`${url}/any/path?a=1&a=2&b=%20&constructor=c&__proto__=d`, {
      method: "PUT",
      headers: { "X-Mixed": "Case", cookie: "c=1; d=2", "content-type": "application/octet-stream" },
      body: new Uint8Array([0, 255]),
    });
    expect(answer.headers.get("content-type")).to.equal("application/json");
    const event = (await answer.json()) as Record<string, Record<string, unknown>>;
    const queryStringParameters = JSON.parse('{"a": "1,2", "b": " ", "constructor": "c", "__proto__": "d"}') as object;
    expect(event).to.deep.include({
      ...{
        version: "2.0",
        routeKey: "$default",
        rawPath: "/any/path",
        rawQueryString: "a=1&a=2&b=%20&constructor=c&__proto__=d",
      },
      ...{ cookies: ["c=1", "d=2"], queryStringParameters, body: "AP8=", isBase64Encoded: true },
    });
    expect(event.headers).to.include({ "x-mixed": "Case" }).and.not.have.property("cookie");
    expect(event.requestContext!.http).to.include({ method: "PUT", path: "/any/path", protocol: "HTTP/1.1" });
    expect(event.requestContext!.time).to.match(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  });

  it("passes on a body that isn't UTF-8 byte by byte, whatever its content type says", async () => {
    const answer = await fetch(`${url}/any`, {
      method: "POST",
      headers: { "content-type": "application/json; charset=iso-8859-1" },
      body: new Uint8Array([0x22, 0xe9, 0xe8, 0x22]),
    });
    const { body, isBase64Encoded } = (await answer.json()) as { body: string; isBase64Encoded: boolean };
    expect([isBase64Encoded, Buffer.from(body, "base64").toString("hex")]).to.deep.equal([true, "22e9e822"]);
  });

  it("decodes bodies that a function encoded", async () => {
    const answer = await fetch(`${url}/bytes`);
    expect([...new Uint8Array(await answer.arrayBuffer())]).to.deep.equal([0, 1, 2]);
  });

  it("answers 500 if a function fails or returns an invalid answer", async () => {
    for (const path of ["/throw", "/bad"]) {
      const answer = await fetch(url + path);
      expect(answer.status).to.equal(500);
      expect(await answer.json()).to.deep.equal({ message: "Internal Server Error" });
    }
    expect(test.logs.some(({ source, line }) => source === "function" && line.includes("broken"))).to.equal(true);
  });

  it("refuses bodies over 10 MB and more than 10,240 bytes of headers", async () => {
    const large = await fetch(`${url}/`, { method: "POST", body: "x".repeat(10 * 1_024 * 1_024 + 1) });
    expect(large.status).to.equal(413);
    expect(await large.json()).to.deep.equal({ message: "Request Too Long" });
    const wide = await fetch(`${url}/`, { headers: { "x-wide": "x".repeat(10_240) } });
    expect(wide.status).to.equal(431);
    expect(await statusOf(`${url}/`, { "x-huge": "x".repeat(100_000) })).to.equal(431);
    const long = await fetch(`${url}/?${"q".repeat(10_240)}`);
    expect(long.status).to.equal(431);
  });

  it("keeps paths under /_local/ from the function", async () => {
    expect((await fetch(`${url}/_local/anything`)).status).to.equal(401);
    const headers = controlHeaders(test.cloud);
    expect((await fetch(`${url}/_local/anything`, { headers })).status).to.equal(404);
  });

  it("says so when the port is taken", async () => {
    const port = Number(new URL(url).port);
    const other = await startTestCloud({ port });
    const program = () => void new aws.apigatewayv2.Api("second", { protocolType: "HTTP" });
    const error = await rejection(other.up(program));
    expect(error.message).to.contain("second (aws:apigatewayv2/api:Api)").and.contain(`Port ${port} is taken`);
  });
});

describe("local HTTP API with corsConfiguration", () => {
  const origin = "https://app.example.com";
  let test: TestCloud;
  let url: string;
  before(async () => {
    test = await startTestCloud();
    const outputs = await test.up(() => {
      const fn = codeFunction("front", handler, { role: roleThatMay("front", ["dynamodb:PutItem"], "*") });
      const corsConfiguration = {
        allowOrigins: [origin, "*", "https://*"],
        allowMethods: ["GET", "POST"],
        allowHeaders: ["content-type"],
        exposeHeaders: ["location"],
        maxAge: 600,
      };
      const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP", corsConfiguration });
      letInvoke("api-front", fn, "apigateway", pulumi.interpolate`${api.executionArn}/*`);
      const integration = new aws.apigatewayv2.Integration("integration", {
        ...{ apiId: api.id, integrationType: "AWS_PROXY", integrationUri: fn.invokeArn },
      });
      const target = pulumi.interpolate`integrations/${integration.id}`;
      new aws.apigatewayv2.Route("route", { apiId: api.id, routeKey: "$default", target });
      new aws.apigatewayv2.Stage("stage", { apiId: api.id, name: "$default", autoDeploy: true });
      return { endpoint: api.apiEndpoint };
    });
    url = String(outputs.endpoint);
  });
  after(() => test.stop());

  const call = (method: string, path: string, from: string, more: Record<string, string> = {}) =>
    rawCall(url, {
      method,
      path,
      headers: { host: new URL(url).host, origin: from, "sec-fetch-site": "cross-site", ...more },
    });

  it("answers preflight requests of the origins that it names", async () => {
    const asked = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    const { status, headers, text } = await call("OPTIONS", "/any", origin, asked);
    expect([status, text]).to.deep.equal([204, ""]);
    expect(headers).to.include({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "content-type",
      "access-control-max-age": "600",
    });
  });

  it("lets such a page read answers", async () => {
    const { status, headers } = await call("GET", "/any", origin);
    expect(status).to.equal(200);
    expect(headers).to.include({ "access-control-allow-origin": origin, "access-control-expose-headers": "location" });
    const own = await call("GET", "/any", url, { "sec-fetch-site": "same-origin" });
    expect(own.status).to.equal(200);
    expect(own.headers).to.not.have.property("access-control-allow-origin");
  });

  it("refuses all others, whatever wildcards say, and refuses its controls to pages of any origin", async () => {
    const refused: [string, string][] = [
      ["/any", "https://evil.example"],
      ["/any", "null"],
      ["/any", `${origin}.evil.example`],
      ["/any", `${origin}:8443`],
      ["/_local/instances", origin],
    ];
    for (const [path, from] of refused) {
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const answer = await call(method, path, from, { "access-control-request-method": "POST" });
        expect(answer.status, `${method} ${path} ${from}`).to.equal(403);
        expect(answer.headers).to.not.have.property("access-control-allow-origin");
      }
    }
  });
});

describe("matchRoute", () => {
  const keys = ["$default", "ANY /a/{proxy+}", "GET /a/{id}", "GET /a/b", "ANY /a/b"];
  const cases: [string, string, string | undefined, Record<string, string>?][] = [
    ["GET", "/a/b", "GET /a/b"],
    ["POST", "/a/b", "ANY /a/b"],
    ["GET", "/a/c", "GET /a/{id}", { id: "c" }],
    ["GET", "/a/c/d", "ANY /a/{proxy+}", { proxy: "c/d" }],
    ["GET", "/z", "$default"],
  ];
  for (const [method, path, routeKey, parameters = {}] of cases) {
    it(`${method} ${path} → ${String(routeKey)}`, () => {
      expect(matchRoute(keys, method, path)).to.deep.equal({ routeKey, parameters });
    });
  }
  it("finds nothing where there is no default", () => {
    expect(matchRoute(["GET /a"], "GET", "/b")).to.equal(undefined);
  });
});

/** fetch gives up where a server answers before it has read all headers. */
function statusOf(address: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(address, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .once("error", reject)
      .end();
  });
}
