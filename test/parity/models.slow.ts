import { expect } from "chai";
import { checkExchanges, type Verdict } from "./models/checkExchanges";
import { driveAll } from "./models/drives";
import type { Exchange } from "./models/exchanges";
import { operationsInSources, operationsOf, partOf, usedOperations } from "./models/usedOperations";

/** Operations in the text of a part that never calls them: a bundle holds objects whole. */
const uncalled: Record<string, string> = {
  "router Scan": "The router asks for the types it has jobs of, by name; JobTypeTable.readAll is for the others",
};

describe("calls to AWS, by botocore's models", () => {
  let exchanges: Exchange[];
  let verdicts: Verdict[];

  before(async () => {
    exchanges = await driveAll();
    verdicts = await checkExchanges(exchanges);
  });

  it("are checked, each that the code can make, by the part that makes it", () => {
    const used = usedOperations();
    const seen = new Set(exchanges.map((exchange, index) => `${partOf(exchange)} ${verdicts[index]!.operation}`));
    const unseen = Object.entries(used).flatMap(([part, operations]) =>
      [...operations].map((operation) => `${part} ${operation}`).filter((name) => !seen.has(name)),
    );
    expect(unseen, "in the code, and never called here").to.have.members(Object.keys(uncalled));
    const all = Object.values(used).flatMap((operations) => [...operations]);
    expect([...operationsInSources()].filter((operation) => !all.includes(operation))).to.deep.equal([]);
    expect(all.length).to.be.greaterThan(60);
  });

  it("are right, and so are the local cloud's answers", () => {
    console.log(`      ${exchanges.length} calls`);
    const problems = verdicts.flatMap(({ operation, problems }, index) =>
      problems.map((problem) => `${exchanges[index]!.caller} ${operation}: ${problem}`),
    );
    expect([...new Set(problems)]).to.deep.equal([]);
  });

  /** A call that was right, changed. */
  const changed = (operation: string, change: (exchange: Exchange) => Exchange) => {
    const index = verdicts.findIndex((verdict) => verdict.operation === operation);
    return change(structuredClone(exchanges[index]!));
  };
  type Fields = Record<string, unknown>;
  const json = (operation: string, change: (fields: Fields) => void) =>
    changed(operation, (exchange) => {
      const fields = JSON.parse(textOf(exchange.body)) as Fields;
      change(fields);
      return { ...exchange, body: base64(JSON.stringify(fields)) };
    });
  const form = (operation: string, change: (fields: URLSearchParams) => void) =>
    changed(operation, (exchange) => {
      const fields = new URLSearchParams(textOf(exchange.body));
      change(fields);
      return { ...exchange, body: base64(fields.toString()) };
    });
  const answer = (operation: string, change: (fields: Fields) => void) =>
    changed(operation, (exchange) => {
      const fields = JSON.parse(textOf(exchange.answer.body)) as Fields;
      change(fields);
      return { ...exchange, answer: { ...exchange.answer, body: base64(JSON.stringify(fields)) } };
    });

  const wrong: [string, () => Exchange, RegExp][] = [
    ["a missing member", () => json("GetItem", (fields) => delete fields.Key), /Missing required.*"Key"/],
    ["an unknown member", () => json("GetItem", (fields) => (fields.Keys = {})), /Expected body .*got .*'Keys'/],
    [
      "an unknown member further in",
      () => json("PutItem", ({ Item }) => ((Item as Fields).id = { T: "x" })),
      /union|body/,
    ],
    ["a member of another type", () => json("GetItem", (fields) => (fields.TableName = 7)), /Invalid type.*TableName/],
    ["a number as a text", () => json("Query", (fields) => (fields.Limit = "7")), /Expected body/],
    [
      "a text too long",
      () => json("GetItem", (fields) => (fields.TableName = "t".repeat(1_025))),
      /TableName: of 1025, valid max: 1024/,
    ],
    ["a text too short", () => json("GetItem", (fields) => (fields.TableName = "")), /TableName.*min length: 1/],
    [
      "a value that the enumeration lacks",
      () => json("UpdateItem", (fields) => (fields.ReturnValues = "SOME")),
      /ReturnValues: 'SOME', valid values: NONE/,
    ],
    [
      "an operation that isn't",
      () => changed("GetItem", renamed("x-amz-target", "DynamoDB_20120810.GetItems")),
      /No operation of dynamodb/,
    ],
    [
      "another version of JSON",
      () => changed("GetItem", renamed("content-type", "application/x-amz-json-1.1")),
      /content-type 'application\/x-amz-json-1.0'/,
    ],
    [
      "a missing field of a form",
      () => form("PublishBatch", (fields) => fields.delete("TopicArn")),
      /Missing required.*"TopicArn"/,
    ],
    ["an unknown field of a form", () => form("PublishBatch", (fields) => fields.set("Topic", "x")), /Expected body/],
    [
      "another version of the API",
      () => form("Publish", (fields) => fields.set("Version", "2010-03-30")),
      /No operation of sns|Expected body/,
    ],
    [
      "a name that the pattern refuses",
      () => form("SetDesiredCapacity", (fields) => fields.set("AutoScalingGroupName", "\u0000")),
      /valid pattern/,
    ],
    [
      "a name too long in a path",
      () =>
        changed("CreateSchedule", (exchange) => ({
          ...exchange,
          url: exchange.url.replace(/job-/, "job-".repeat(10)),
        })),
      /Name: of \d+, valid max: 64/,
    ],
    [
      "an unknown part of the query",
      () => changed("GetObject", (exchange) => ({ ...exchange, url: `${exchange.url}&part=1` })),
      /Expected query/,
    ],
    ["an unknown header", () => changed("PutObject", renamed("x-amz-tags", "a=b")), /x-amz-tags/],
    [
      "a header of another value",
      () => changed("Invoke", renamed("x-amz-invocation-type", "Later")),
      /InvocationType: 'Later'/,
    ],
    [
      "an answer with an unknown member",
      () => answer("GetItem", (fields) => (fields.Items = [])),
      /Answer: GetItemOutput has no Items/,
    ],
    ["an answer of another type", () => answer("GetQueueAttributes", (fields) => (fields.Attributes = [])), /Answer: /],
  ];
  describe("that are wrong", () => {
    let found: Verdict[];
    before(async () => (found = await checkExchanges(wrong.map(([, make]) => make()))));

    wrong.forEach(([what, , expected], index) => {
      it(`are found: ${what}`, () => expect(found[index]!.problems.join("\n")).to.match(expected));
    });
  });

  it("are known by their name in the text, however they are called", () => {
    const texts: [string, string, string][] = [
      [".ts", "new aws.DeleteTableCommand({})", "DeleteTable"],
      [".js", "let{DeleteTableCommand:e}=await import(t);new e({})", "DeleteTable"],
      [".js", "for await(let e of(0,i.paginateListTables)({client:t},{}))", "ListTables"],
      [".sh", "  scaling DetachInstances InstanceIds.member.1=i-1", "DetachInstances"],
      [".sh", "-H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.PutImage'", "PutImage"],
    ];
    for (const [extension, text, operation] of texts) {
      expect(operationsOf(text, extension), text).to.deep.equal([operation]);
    }
  });
});

function renamed(header: string, value: string) {
  return (exchange: Exchange): Exchange => ({ ...exchange, headers: { ...exchange.headers, [header]: value } });
}

function textOf(body: string): string {
  return Buffer.from(body, "base64").toString();
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
