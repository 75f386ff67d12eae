import { expect } from "chai";
import { cloudWatchLogs } from "../../cli/workerLogs";
import { CannedApi, startCannedApi } from "../client/support";

describe("cloudWatchLogs", () => {
  let logs: CannedApi;
  const environment: Record<string, string> = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  const earlier = new Map<string, string | undefined>();

  before(async () => {
    logs = await startCannedApi(({ body: { logGroupName, nextToken } }) => {
      const at = { first: 3_000, second: 2_000 }[logGroupName as string]!;
      return nextToken
        ? { body: { events: [{ timestamp: at + 10_000, logStreamName: "i-2", message: "later" }] } }
        : { body: { events: [{ timestamp: at, logStreamName: "i-1", message: "line\n" }], nextToken: "more" } };
    });
    environment.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS = logs.url;
    for (const [name, value] of Object.entries(environment)) {
      earlier.set(name, process.env[name]);
      process.env[name] = value;
    }
  });

  after(async () => {
    for (const [name, value] of earlier) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await logs.close();
  });

  it("asks every group for the job's lines since its submission, page by page, and sorts them", async () => {
    const search = { groups: ["first", "second"], jobId: "a.b", since: 1_000, region: "eu-west-1" };
    const lines = await cloudWatchLogs(search);
    expect(lines.map(({ at, stream, line }) => [at, stream, line])).to.deep.equal([
      [2_000, "i-1", "line"],
      [3_000, "i-1", "line"],
      [12_000, "i-2", "later"],
      [13_000, "i-2", "later"],
    ]);
    expect(logs.requests).to.have.length(4);
    for (const { body, headers } of logs.requests) {
      expect(headers["x-amz-target"]).to.match(/\.FilterLogEvents$/);
      expect(headers.authorization).to.include("/eu-west-1/logs/");
      expect(body).to.include({ filterPattern: '{ $.jobId = "a.b" }', startTime: 1_000 });
    }
  });
});
