import { createHash, createHmac } from "node:crypto";
import { expect } from "chai";
import { createAuthorize, isOnThisMachine, type OutgoingRequest } from "../../../client/connection/authorization";
import { JobClient } from "../../../client/index";
import { rejection } from "../../local-cloud/support";
import { type CannedApi, startCannedApi } from "../support";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token" };
const api = new URL("https://abc123.execute-api.eu-west-1.amazonaws.com/prod/");

/** The signature that AWS would compute for the request ("AWS Signature Version 4 for API requests"). */
function expectedSignature(request: OutgoingRequest, signed: Record<string, string>, region: string): string {
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const [, names] = /SignedHeaders=([^,]+)/.exec(signed.authorization!)!;
  const headers = { ...signed, host: request.url.host };
  const list = names!.split(";").map((name) => `${name}:${headers[name as "host"]}\n`);
  const query = [...request.url.searchParams].map((pair) => pair.map(encodeURIComponent).join("=")).sort();
  const { pathname } = request.url;
  const canonical = [request.method, pathname, query.join("&"), list.join(""), names, sha256(request.body ?? "")];
  const date = signed["x-amz-date"]!;
  const scope = `${date.slice(0, 8)}/${region}/execute-api/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical.join("\n"))].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  return hmac(key, toSign).toString("hex");
}

describe("authorization of requests", () => {
  const post: OutgoingRequest = {
    method: "POST",
    url: new URL("https://abc123.execute-api.eu-west-1.amazonaws.com/prod/jobs"),
    headers: { "content-type": "application/json", "idempotency-key": "k" },
    body: '{"type":"a","payload":"ä"}',
  };
  const get = { method: "GET", url: new URL("jobs?type=a&cursor=x_-9", api), headers: {} };

  it("signs for execute-api in the URL's region, whatever the option says, body, query and headers included", async () => {
    const authorize = createAuthorize(api, { credentials, region: "eu-north-1" });
    for (const request of [post, get]) {
      const signed = await authorize(request);
      expect(signed.authorization).to.include("Credential=AKIDEXAMPLE/").and.include("/eu-west-1/execute-api/");
      expect(signed["x-amz-security-token"]).to.equal("token");
      const [, signature] = /Signature=([0-9a-f]+)/.exec(signed.authorization!)!;
      expect(signature).to.equal(expectedSignature(request, signed, "eu-west-1"));
    }
  });

  it("takes the region of a custom domain from the option, else from the environment, else says so", async () => {
    const url = new URL("https://jobs.example.com/");
    const request = { method: "GET", url, headers: {} };
    const given = await createAuthorize(url, { credentials, region: "eu-north-1" })(request);
    expect(given.authorization).to.include("/eu-north-1/execute-api/");
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    try {
      delete process.env.AWS_DEFAULT_REGION;
      process.env.AWS_REGION = "eu-south-1";
      const fromEnvironment = await createAuthorize(url, { credentials })(request);
      expect(fromEnvironment.authorization).to.include("/eu-south-1/execute-api/");
      delete process.env.AWS_REGION;
      const error = await rejection(createAuthorize(url, { credentials })(request));
      expect(error.message).to.match(/region of https:\/\/jobs\.example\.com/);
    } finally {
      Object.assign(process.env, {
        ...(AWS_REGION && { AWS_REGION }),
        ...(AWS_DEFAULT_REGION && { AWS_DEFAULT_REGION }),
      });
      if (AWS_REGION === undefined) delete process.env.AWS_REGION;
    }
  });

  it("asks a function for credentials, and says that there are none", async () => {
    let asked = 0;
    const authorize = createAuthorize(api, { credentials: () => Promise.resolve((asked++, credentials)) });
    expect(await authorize(get)).to.have.property("authorization");
    expect(asked).to.equal(1);
    const without = createAuthorize(api, { credentials: () => Promise.reject(new Error("no profile")) });
    expect(await rejection(without(get))).to.include({ code: "unauthorized" });
  });

  it("recognises addresses of this machine", () => {
    for (const url of ["http://127.0.0.1:3000/", "http://localhost/", "http://[::1]:80/", "http://127.1.2.3"]) {
      expect(isOnThisMachine(new URL(url)), url).to.be.true;
    }
    for (const url of [api, "http://127.0.0.1.example.com/", "http://localhost.example/", "http://10.0.0.1"]) {
      expect(isOnThisMachine(new URL(url)), String(url)).to.be.false;
    }
  });

  describe("on the wire", () => {
    let canned: CannedApi;

    beforeEach(async () => {
      canned = await startCannedApi((_request, index) => (index === 0 ? { status: 503 } : { body: { types: [] } }));
    });

    afterEach(() => canned.close());

    it("sends a token, asked for before each try", async () => {
      let tokens = 0;
      await new JobClient({ url: canned.url, token: () => `t${++tokens}` }).types();
      expect(canned.requests.map(({ headers }) => headers.authorization)).to.deep.equal(["Bearer t1", "Bearer t2"]);
    });

    it("sends nothing to this machine, unless told to sign", async () => {
      await new JobClient({ url: canned.url }).types();
      expect(canned.requests[0]!.headers.authorization).to.be.undefined;
      await new JobClient({ url: canned.url, authorization: "iam", credentials, region: "eu-west-1" }).types();
      expect(canned.requests.at(-1)!.headers.authorization).to.match(/^AWS4-HMAC-SHA256 /);
    });
  });
});
