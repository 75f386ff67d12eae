import { expect } from "chai";
import { cloudWatchLogs } from "../../cli/workerLogs";
import { type CannedApi, startCannedApi } from "../client/support";

/** A line about the job and another, as functions write it of a batch; workers' lines are about one. */
const lineAt = (at: number) => JSON.stringify({ time: new Date(at).toISOString(), jobIds: ["z", "a.b"] });

/** A line of another job that the search term finds, too. */
const others = [{ timestamp: 1, logStreamName: "i-1", message: JSON.stringify({ jobId: "a.bc" }) }];

describe("cloudWatchLogs", () => {
  let logs: CannedApi;
  const environment: Record<string, string> = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  const earlier = new Map<string, string | undefined>();

  before(async () => {
    logs = await startCannedApi(({ body: { logGroupName, nextToken } }) => {
      const at = { first: 3_000, second: 2_000 }[logGroupName as string]!;
      return nextToken
        ? { body: { events: [{ timestamp: at + 10_000, logStreamName: "i-2", message: lineAt(at + 10_000) }] } }
        : {
            body: {
              events: [...others, { timestamp: 9, logStreamName: "i-1", message: lineAt(at) }],
              nextToken: "more",
            },
          };
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

  it("asks every group for the job's lines since its submission, page by page, and sorts them by their own time", async () => {
    const search = {
      groups: [{ part: "router", name: "first" }, { name: "second" }],
      jobId: "a.b",
      since: 1_000,
      region: "eu-west-1",
    };
    const lines = await cloudWatchLogs(search);
    expect(
      lines.filter(({ line }) => !line.includes("a.bc")).map(({ at, stream, part }) => [at, stream, part]),
    ).to.deep.equal([
      [2_000, "i-1", undefined],
      [3_000, "i-1", "router"],
      [12_000, "i-2", undefined],
      [13_000, "i-2", "router"],
    ]);
    expect(logs.requests).to.have.length(4);
    for (const { body, headers } of logs.requests) {
      expect(headers["x-amz-target"]).to.match(/\.FilterLogEvents$/);
      expect(headers.authorization).to.include("/eu-west-1/logs/");
      const filterPattern = body.logGroupName === "first" ? '"a.b"' : '{ $.jobId = "a.b" }';
      expect(body).to.include({ filterPattern, startTime: 1_000 });
    }
  });
});
