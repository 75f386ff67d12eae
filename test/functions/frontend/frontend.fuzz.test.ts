import { expect } from "chai";
import fc from "fast-check";
import { type ProblemDocument, problems } from "../../../contract/http/problem";
import { FakeFrontend } from "../support/fakeFrontend";

const job = fc.record(
  {
    type: fc.oneof(fc.constantFrom("word-count", "checksum", "transcode", "__proto__"), fc.jsonValue()),
    payload: fc.jsonValue(),
    id: fc.oneof(fc.stringMatching(/^[A-Za-z0-9._-]{1,80}$/), fc.constantFrom("a", "b"), fc.jsonValue()),
    delaySeconds: fc.oneof(fc.constantFrom(0, 60, 900, 901, 31_536_000), fc.double(), fc.jsonValue()),
    runAt: fc.oneof(
      fc.constantFrom("2026-11-02T10:00:01Z", "2027-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z"),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.jsonValue(),
    ),
    tenant: fc.oneof(fc.constantFrom("t", ""), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  // Numbers and keys that would not arrive.
  fc
    .tuple(job, fc.constantFrom("12345678901234567890", "1e400", '{"a":1,"a":2}', "-0"))
    .map(([value, odd]) => JSON.stringify({ ...value, payload: "odd" }).replace('"odd"', odd)),
  fc.json().map((text) => `\ufeff${text}`),
  job.map((value) => JSON.stringify(value)),
  fc.array(fc.oneof(job, fc.jsonValue()), { maxLength: 5 }).map((jobs) => JSON.stringify({ jobs })),
);
const path = fc.oneof(
  fc.constantFrom(
    "/jobs",
    "/jobs",
    "//jobs/",
    "/prod/jobs",
    "/x/jobs",
    "/jobs/batch",
    "/jobs/a",
    "/types",
    "/health",
    "/jobs/..",
    "/jobs/%",
  ),
  fc.string({ unit: "binary" }).map((text) => `/jobs/${text}`),
  fc.webPath(),
  fc.string(),
);
const headers = fc.oneof(
  fc.constant({ "content-type": "application/json" }),
  fc.record(
    { "content-type": fc.oneof(fc.constant("application/json"), fc.string()), "idempotency-key": fc.string() },
    { requiredKeys: [] },
  ),
  fc.record(
    {
      "content-type": fc.constantFrom(
        ...["application/json", "application/json; charset=utf-8", "application/json;charset=latin1", "text/plain"],
      ),
      "Content-Encoding": fc.oneof(fc.constantFrom("gzip", "identity", ""), fc.string()),
      "content-length": fc.oneof(fc.nat().map(String), fc.string()),
      "Idempotency-Key": fc.oneof(fc.constantFrom("1", "2"), fc.string({ unit: "binary", maxLength: 300 })),
      "x-idempotency-key": fc.string(),
    },
    { requiredKeys: ["content-type"] },
  ),
  fc.dictionary(fc.string(), fc.string()),
  fc.constant(undefined),
);
const caller = fc.option(
  fc.oneof(
    fc.record({
      iam: fc.record(
        { userArn: fc.oneof(fc.constant("arn:aws:sts::1:assumed-role/a/b"), fc.string()), accountId: fc.string() },
        { requiredKeys: [] },
      ),
    }),
    fc.record({ jwt: fc.record({ claims: fc.dictionary(fc.string(), fc.string()) }, { requiredKeys: [] }) }),
    fc.constant({}),
  ),
  { nil: undefined },
);
const place = fc.record(
  {
    stage: fc.constantFrom("$default", "prod", "jobs", ""),
    apiId: fc.constant("abc"),
    domainName: fc.oneof(fc.constantFrom("abc.execute-api.eu-west-1.amazonaws.com", "jobs.example.com"), fc.string()),
  },
  { requiredKeys: [] },
);
const method = fc.oneof(
  fc.constantFrom("GET", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"),
  fc.string(),
);

const query = fc.option(
  fc.oneof(
    fc.record(
      {
        type: fc.oneof(fc.constantFrom("word-count", "none"), fc.string()),
        state: fc.oneof(fc.constantFrom("queued", "failed"), fc.string()),
        limit: fc.oneof(fc.constantFrom("1", "100"), fc.string()),
        cursor: fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
          fc
            .record({ submittedAt: fc.string(), id: fc.constantFrom("a", "~") })
            .map((place) => Buffer.from(JSON.stringify(place)).toString("base64url")),
        ),
      },
      { requiredKeys: [] },
    ),
    fc.dictionary(fc.string(), fc.string()),
  ),
  { nil: undefined },
);

describe("frontend, with anything sent to it", () => {
  it("never answers 5xx, explains every refusal, and publishes what it recorded and nothing else", async () => {
    const requests = fc.array(
      fc.tuple(method, path, fc.option(body, { nil: undefined }), headers, fc.boolean(), query, caller, place),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const frontend = new FakeFrontend();
        for (const [verb, where, text, fields, isBase64Encoded, queryStringParameters, authorizer, at] of all) {
          const answer = await frontend.request(verb, where, text, {
            headers: fields,
            isBase64Encoded,
            queryStringParameters,
            requestContext: { http: { method: verb }, ...at, authorizer },
          });
          expect(answer.status).to.be.within(200, 499);
          if (answer.status >= 400 && verb !== "HEAD") expectExplained(answer.problem, answer.status);
          if (answer.status === 202 && verb !== "DELETE")
            expect(frontend.items.has((answer.json as { id: string }).id)).to.equal(true);
        }
        const recorded = new Set([...frontend.items.keys()].map((id) => `record ${id}`));
        for (const what of frontend.happened) {
          const [verb] = /^(publish|schedule|cancel) /.exec(what) ?? [];
          if (verb) expect(recorded).to.include(what.replace(verb, "record "));
        }
        const handedOn = [...frontend.published, ...frontend.scheduled];
        expect(new Set(handedOn.map(({ id }) => id))).to.deep.equal(new Set(frontend.items.keys()));
      }),
      { numRuns: 500 },
    );
  });
});

function expectExplained(problem: ProblemDocument, status: number): void {
  expect(problem.type).to.equal("about:blank");
  expect(problem.status).to.equal(status);
  expect(problems[problem.code]).to.deep.equal({ status, title: problem.title });
  expect(problem.detail.length).to.be.within(1, 2_000);
}
