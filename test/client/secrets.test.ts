import { expect } from "chai";
import fc from "fast-check";
import { loadSqs } from "../../client/deadLetters/sqs";
import { JobClient, type JobClientOptions } from "../../client/index";
import { rejection } from "../local-cloud/support";
import { type CannedAnswer, type CannedApi, startCannedApi } from "./support";

const secrets = {
  token: "tok-SECRET-0123456789",
  secretAccessKey: "key-SECRET-0123456789",
  sessionToken: "session-SECRET-0123456789",
  password: "password-SECRET-0123456789",
};
const { token, secretAccessKey, sessionToken, password } = secrets;
const signing = { authorization: "iam", region: "eu-west-1" } as const;
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey, sessionToken };

/** All that whoever catches an error might print of it. */
function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fields = JSON.stringify({ ...error });
  return [error.message, error.stack, fields, error.cause === undefined ? "" : everythingOf(error.cause)].join("\n");
}

function expectNoSecret(error: unknown): void {
  const text = everythingOf(error);
  for (const [name, secret] of Object.entries(secrets)) expect(text.includes(secret), `${name} in ${text}`).to.be.false;
}

describe("what authorises a request", () => {
  let api: CannedApi;
  let stranger: CannedApi;

  before(async () => (stranger = await startCannedApi(() => ({ body: { types: [] } }))));
  after(() => stranger.close());
  afterEach(() => api?.close());

  const ways: [string, Partial<JobClientOptions>][] = [
    ["a token", { token }],
    ["a signature", { ...signing, credentials }],
  ];

  for (const [what, options] of ways) {
    it(`follows no redirect: ${what}`, async () => {
      for (const status of [300, 301, 302, 303, 307, 308]) {
        for (const location of [`${stranger.url}types?token=${password}`, "/elsewhere", "http://", undefined]) {
          const headers: Record<string, string> = location === undefined ? {} : { location };
          api = await startCannedApi(() => ({ status, headers }));
          const client = new JobClient({ url: api.url, ...options });
          const error = await rejection(client.types());
          expect(error, `${status} ${location}`).to.include({ code: "unexpected-answer", status });
          expect(error.message).to.include("a redirect to ").and.include("not followed");
          expect(api.requests).to.have.length(1);
          expectNoSecret(error);
          const sending = client.submit("t", 1);
          expect(await rejection(sending)).to.include({ code: "unexpected-answer", status });
          await api.close();
        }
      }
      expect(stranger.requests).to.have.length(0);
    });

    it(`isn't sent in clear text to another machine: ${what}`, () => {
      for (const url of ["http://jobs.example/", "http://10.0.0.7:3000/prod", "http://127.0.0.1.example/"]) {
        expect(() => new JobClient({ url, ...options }), url).to.throw(TypeError, `carry ${what}, got http://`);
      }
      expect(() => new JobClient({ url: "http://jobs.example/" })).to.throw(TypeError, "https URL");
      expect(new JobClient({ url: "http://jobs.example/", authorization: "none" })).to.be.instanceOf(JobClient);
    });

    it(`is in no error, whatever the answer: ${what}`, async () => {
      const answers = fc.oneof(
        fc.constantFrom<CannedAnswer>("cut", { status: 200, body: "no JSON" }),
        fc.record({
          status: fc.constantFrom(200, 400, 401, 403, 404, 409, 429, 500, 502, 503),
          body: fc.constantFrom("message", "Message", "detail"),
        }),
      );
      await fc.assert(
        fc.asyncProperty(answers, async (answer) => {
          api = await startCannedApi(({ headers }) => {
            if (typeof answer === "string" || answer.body === "no JSON") return answer;
            // A server may say what it was sent, as API Gateway does of a signature that doesn't match.
            const said = `No: ${headers.authorization}, ${headers["x-amz-security-token"]?.toString()}`;
            return { status: answer.status, body: { code: "conflict", [answer.body as string]: said } };
          });
          const client = new JobClient({ url: api.url, maxAttempts: 1, ...options });
          expectNoSecret(await rejection(client.types()));
          await api.close();
        }),
        { numRuns: 25 },
      );
    });
  }

  it("is refused by name where no header can hold it", async () => {
    api = await startCannedApi(() => ({ body: { types: [] } }));
    for (const odd of [`${token}\n${token}`, `${token} ${token}`, `${token}\u0000`, `ä${token}`, "", "  "]) {
      const error = await rejection(new JobClient({ url: api.url, token: odd }).types());
      expect(error.message, odd).to.match(/^Expected a token of visible ASCII characters, got /);
      expectNoSecret(error);
    }
    const odd = { ...credentials, sessionToken: `${sessionToken}\n${sessionToken}` };
    const client = new JobClient({ url: api.url, ...signing, credentials: odd, maxAttempts: 1 });
    expectNoSecret(await rejection(client.types()));
    expect(api.requests).to.have.length(0);
    // What a file of one line gives.
    await new JobClient({ url: api.url, token: () => `${token}\n` }).types();
    expect(api.requests[0]!.headers.authorization).to.equal(`Bearer ${token}`);
  });

  it("is refused in a URL, and left out of messages about one", () => {
    for (const url of [
      `https://user:${password}@jobs.example/`,
      `http://${password}@127.0.0.1:1/`,
      `ftp://user:${password}@jobs.example/`,
      `https://user:${password}@no host/`,
    ]) {
      try {
        expect(new JobClient({ url })).to.equal(undefined);
      } catch (error) {
        expect(error, url).to.be.instanceOf(TypeError);
        expect((error as Error).message).to.match(/^Expected /);
        expectNoSecret(error);
      }
    }
  });

  it("goes to SQS queues only, or from this machine to itself", async () => {
    const local = new URL("http://127.0.0.1:3000/");
    const remote = new URL("https://abc.execute-api.eu-west-1.amazonaws.com/");
    const queue = (host: string) => `${host}/123456789012/dead`;
    for (const host of [
      "https://sqs.eu-west-1.amazonaws.com",
      "https://sqs.cn-north-1.amazonaws.com.cn",
      "https://sqs-fips.us-gov-west-1.amazonaws.com",
      "https://eu-west-1.queue.amazonaws.com",
      "https://sqs.eu-west-1.api.aws",
      "https://vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com",
    ]) {
      const { client } = await loadSqs(queue(host), remote, credentials);
      expect(await client.config.region()).to.match(/^[a-z]+-[a-z-]+-1$/);
      client.destroy();
    }
    const { client } = await loadSqs(queue("http://localhost:4566"), local, credentials);
    client.destroy();
    for (const [api, host] of [
      [remote, "https://evil.example"],
      [remote, "https://sqs.eu-west-1.amazonaws.com.evil.example"],
      [remote, "https://evil.example/sqs.eu-west-1.amazonaws.com"],
      [remote, "https://sqs.eu-west-1.amazonaws.com@evil.example"],
      [remote, "http://sqs.eu-west-1.amazonaws.com"],
      [remote, "http://127.0.0.1:4566"],
      [local, "http://10.0.0.7:4566"],
    ] as const) {
      const error = await rejection(loadSqs(queue(host), api, credentials));
      expect(error.message, host).to.match(/^Expected the URL of a queue of SQS from /);
    }
  });
});
