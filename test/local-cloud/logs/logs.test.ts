import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import type { LogEntry } from "../../../local-cloud/log";
import { rejection, startTestCloud, type TestCloud } from "../support";

describe("CloudWatch Logs of the local cloud", () => {
  let test: TestCloud;
  let client: CloudWatchLogsClient;
  let group: string;

  before(async () => {
    test = await startTestCloud();
    const outputs = await test.up(() => ({ group: new aws.cloudwatch.LogGroup("a", { tags: { of: "me" } }).name }));
    group = outputs.group as string;
    const { endpoint, region, credentials } = test.cloud;
    client = new CloudWatchLogsClient({ endpoint, region, credentials, maxAttempts: 1 });
    const entries: Omit<LogEntry, "stream">[] = [
      { source: "worker", name: "i-1", group, line: "one" },
      { source: "worker", name: "i-2", group, line: "two" },
      { source: "function", name: "router", group, line: "three" },
      { source: "function", name: "router", group: "another", line: "one" },
      { source: "cloud", name: "iam", group, line: "one" },
    ];
    for (const entry of entries) test.cloud.logs.add({ ...entry, stream: "stdout" });
  });
  after(async () => {
    client?.destroy();
    await test?.stop();
  });

  const filter = async (input: object) => {
    const { events = [], nextToken } = await client.send(new FilterLogEventsCommand({ logGroupName: group, ...input }));
    return {
      lines: events.map(({ message }) => message),
      streams: events.map((each) => each.logStreamName),
      nextToken,
    };
  };

  it("finds lines of a group by stream, time and text, page by page", async () => {
    const { lines, streams } = await filter({});
    expect(lines).to.deep.equal(["one", "two", "three"]);
    expect(streams[0]).to.equal("i-1");
    expect(streams[2]).to.match(/^\d{4}\/\d\d\/\d\d\/router\[\$LATEST\]/);
    expect((await filter({ logStreamNames: ["i-2"] })).lines).to.deep.equal(["two"]);
    expect((await filter({ filterPattern: '"t"' })).lines).to.deep.equal(["two", "three"]);
    expect((await filter({ startTime: Date.now() + 1_000 })).lines).to.deep.equal([]);
    expect((await filter({ endTime: 1 })).lines).to.deep.equal([]);
    const first = await filter({ limit: 2 });
    expect(first.lines).to.deep.equal(["one", "two"]);
    expect(await filter({ limit: 2, nextToken: first.nextToken })).to.deep.include({
      lines: ["three"],
      nextToken: undefined,
    });
  });

  it("refuses what CloudWatch Logs refuses, and what isn't here", async () => {
    for (const [input, name] of [
      [{ logGroupName: "none" }, "ResourceNotFoundException"],
      [{ logStreamNames: [] }, "InvalidParameterException"],
      [{ limit: 10_001 }, "InvalidParameterException"],
      [{ filterPattern: "{ $.a = 1 }" }, "InvalidParameterException"],
    ] as const) {
      expect(await rejection(filter(input)), JSON.stringify(input)).to.have.property("name", name);
    }
    expect(await rejection(client.send(new DescribeLogGroupsCommand({})))).to.have.property("name", "NotImplemented");
  });
});
