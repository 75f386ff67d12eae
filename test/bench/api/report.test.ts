import { expect } from "chai";
import { costOf } from "../../../bench/api/cost";
import { prices } from "../../../bench/api/prices";
import { type ModeReport, withTable } from "../../../bench/api/report";

describe("the price of jobs", () => {
  it("is that of the units billed, call by call", () => {
    const { rows, dollars } = costOf(
      [
        { kind: "client: request", price: "apiRequest", calls: 200, units: 200 },
        { kind: "front end: PutItem", price: "dynamoWrite", calls: 200, units: 400 },
        { kind: "worker: ReceiveMessage", price: "sqsRequest", calls: 50, units: 50 },
      ],
      200,
    );
    expect(rows.map(({ callsPerJob, unitsPerJob }) => [callsPerJob, unitsPerJob])).to.deep.equal([[1, 1], [1, 2], [0.25, 0.25]]); // prettier-ignore
    expect(dollars).to.be.closeTo(1 + 2 * 0.625 + 0.25 * 0.4, 1e-9);
  });

  it("has the floor of a single job that the targets stand on", () => {
    const floor = prices.apiRequest + 2 * prices.lambdaRequest + prices.snsPublish + prices.sqsRequest;
    expect(floor + 3 * prices.dynamoWrite).to.be.closeTo(1 + 0.4 + 0.5 + 0.4 + 1.875, 1e-9);
  });
});

describe("the table of prices in a document", () => {
  const speeds = { jobsPerSecond: 100, answerP50Ms: 1, answerP99Ms: 2 };
  const ours = { ...speeds, resultP50Ms: 3, resultP99Ms: 4, calls: [], byTime: { "scaler: sqs X": 2 }, seconds: 5 };
  const report: ModeReport = {
    mode: { name: "singly", batch: 0, concurrency: 16, jobs: 100 },
    ...{ ours, peer: speeds, ratio: 1, target: 5.1, milliseconds: { "front end": 6, router: 7 } },
    cost: costOf([{ kind: "client: request", price: "apiRequest", calls: 100, units: 100 }], 100),
  };

  it("comes at the end of one that has none, and takes the place of its own", () => {
    const first = withTable("# Cost\n\nIdle.\n", [report], "On one day.");
    expect(first).to.match(/^# Cost\n\nIdle\.\n\n## Per million jobs\n\n<!-- begin/);
    expect(first).to.include("On one day.").and.include("| **a million jobs** |").and.include("**$1.00**");
    const second = withTable(`${first}\nAfter.\n`, [report], "On another day.");
    expect(second).to.equal(`${first.replace("On one day.", "On another day.")}\nAfter.\n`);
  });

  it("is refused where the end of the one before is gone", () => {
    const text = withTable("", [report], "").replace("<!-- end -->", "");
    expect(() => withTable(text, [report], "")).to.throw("Expected <!-- end -->");
  });
});
