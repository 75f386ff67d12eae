import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { codeFunction, letInvoke, roleThatMay } from "../programs";
import { startTestCloud, type TestCloud } from "../support";

describe("The console at local HTTP APIs", () => {
  const folder = mkdtempSync(join(tmpdir(), "console-"));
  let test: TestCloud;
  let urls: Record<string, string>;
  before(async () => {
    for (const name of ["index.html", "console.js", "console.css"]) writeFileSync(join(folder, name), `the ${name}`);
    writeFileSync(join(folder, "secret"), "secret");
    test = await startTestCloud({ console: folder });
    urls = (await test.up(() => {
      const fn = codeFunction("front", `exports.handler = async ({ rawPath }) => "function at " + rawPath;`, {
        role: roleThatMay("front", ["dynamodb:PutItem"], "*"),
      });
      const made = (name: string, route: string) => {
        const api = new aws.apigatewayv2.Api(name, { protocolType: "HTTP" });
        letInvoke(`${name}-front`, fn, "apigateway", pulumi.interpolate`${api.executionArn}/*`);
        const integration = new aws.apigatewayv2.Integration(`${name}-front`, {
          ...{ apiId: api.id, integrationType: "AWS_PROXY", integrationUri: fn.invokeArn },
          payloadFormatVersion: "2.0",
        });
        const target = pulumi.interpolate`integrations/${integration.id}`;
        for (const routeKey of [route, "$default"]) {
          new aws.apigatewayv2.Route(`${name}-${routeKey}`, { apiId: api.id, routeKey, target });
        }
        return api.apiEndpoint;
      };
      return { jobs: made("jobs", "POST /jobs"), other: made("other", "POST /orders") };
    })) as Record<string, string>;
  });
  after(async () => {
    await test.stop();
    rmSync(folder, { recursive: true });
  });

  const get = async (api: string, path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(urls[api]! + path, { headers, redirect: "manual" });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it("is three files, which run no script but their own", async () => {
    for (const [path, name, type] of [
      ["/console/", "index.html", "text/html"],
      ["/console/console.js?v=1", "console.js", "text/javascript"],
      ["/console/console.css", "console.css", "text/css"],
    ] as const) {
      const { status, headers, text } = await get("jobs", path);
      expect([status, text, headers.get("content-type")], path).to.deep.equal([
        200,
        `the ${name}`,
        `${type}; charset=utf-8`,
      ]);
      const policy = headers.get("content-security-policy");
      expect(policy).to.contain("default-src 'none'; script-src 'self';").and.contain("frame-ancestors 'none'");
    }
  });

  it("is where a browser comes from the root, but no other client", async () => {
    const browser = { accept: "text/html,application/xhtml+xml" };
    for (const [path, headers] of [
      ["/", browser],
      ["/console", {}],
    ] as const) {
      const { status, headers: given } = await get("jobs", path, headers);
      expect([status, given.get("location")], path).to.deep.equal([302, "/console/"]);
    }
    expect((await get("jobs", "/")).text).to.equal("function at /");
  });

  it("gives no other file, and leaves other paths and APIs to the program", async () => {
    for (const path of ["/console/secret", "/console/__proto__", "/consoles/"]) {
      expect((await get("jobs", path)).text, path).to.equal(`function at ${path}`);
    }
    expect((await get("other", "/console/")).text).to.equal("function at /console/");
  });
});
