import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { type UsageItem, usageItem, usageKey } from "../../../contract/fleet/usage";
import { addUsage, type UsageReport, type UsageRow, type UsageSum, withIdle } from "../../../contract/http/usageReport";
import { type ReadUsage, readUsageFrom } from "../../../functions/operator/services/readUsage";
import { chunksOf } from "../../../functions/shared/chunksOf";
import { Emulators } from "../support/emulators";
import { checksum, FakeFrontend, wordCount } from "../support/fakeFrontend";

/** Usage of a type on a day, by `dimension#value`; its own under `type#`. */
type Written = [type: string, day: string, by: string, usage: Partial<UsageItem>];

const own = { jobs: 3, seconds: 30, dollars: 0.003, instanceSeconds: 100, instanceDollars: 0.01 };

const written: Written[] = [
  ["word-count", "2026-10-31", "type#", own],
  ["word-count", "2026-11-01", "type#", own],
  ["word-count", "2026-11-01", "tenant#acme", { jobs: 1, seconds: 10, dollars: 0.001 }],
  ["word-count", "2026-11-01", "tenant#a#b", { jobs: 1, seconds: 5, dollars: 0.000_5 }],
  ["word-count", "2026-11-01", "label:team#blue", { jobs: 2, seconds: 15, dollars: 0.001_5 }],
  ["word-count", "2026-11-01", "label:teams#blue", { jobs: 9, seconds: 9, dollars: 9 }],
  ["word-count", "2026-11-02", "type#", { jobs: 1, seconds: 0.1, dollars: 0.1, instanceSeconds: 60 }],
  ["word-count", "2026-11-02", "tenant#acme", { jobs: 1, seconds: 0.2, dollars: 0.2 }],
  ["word-count", "2026-11-03", "type#", own],
  ["checksum", "2026-11-01", "type#", { jobs: 2, seconds: 8, instanceSeconds: 10 }],
  ["checksum", "2026-11-01", "tenant#acme", { jobs: 2, seconds: 8 }],
  ["gone", "2026-11-01", "type#", own],
];

describe("GET /usage", () => {
  let aws: Emulators;
  let readUsage: ReadUsage;

  before(async () => {
    aws = await Emulators.start();
    await aws.createTable("fleets", "type", "item");
    // Two pages of tenants on a day of its own.
    const many = Array.from({ length: 2_600 }, (_, index): Written => {
      return ["checksum", "2026-09-01", `tenant#t${index}`, { jobs: 1, seconds: 2 }];
    });
    const requests = [...written, ...many].map(([type, day, by, usage]) => {
      const [dimension = "", ...value] = by.split("#");
      const item = usageItem(dimension as "type", day, value.join("#"));
      const numbers = Object.entries(usage).map(([name, number]) => [name, { N: String(number) }] as const);
      return {
        PutRequest: { Item: { type: { S: usageKey(type) }, item: { S: item }, ...Object.fromEntries(numbers) } },
      };
    });
    for (const chunk of chunksOf(requests, 25)) {
      await aws.tables.send(new BatchWriteItemCommand({ RequestItems: { fleets: chunk } }));
    }
    readUsage = readUsageFrom(aws.tables, "fleets");
  });
  after(() => aws.stop());

  const ask = (
    query: Record<string, string>,
    overrides: ConstructorParameters<typeof FakeFrontend>[0] = {},
    claims?: Record<string, string>,
  ) => {
    const frontend = new FakeFrontend({ readUsage, ...overrides }, [checksum, wordCount]);
    const requestContext = { http: { method: "GET" }, ...(claims && { authorizer: { jwt: { claims } } }) };
    return frontend.request("GET", "/usage", undefined, { queryStringParameters: query, requestContext });
  };
  const report = async (query: Record<string, string> = {}) => (await ask(query)).json as UsageReport;

  it("adds up this month by type, with the instances' idle time, and says where it knows no price", async () => {
    const checksums = { jobs: 2, seconds: 8, instanceSeconds: 10, idleSeconds: 2, unpriced: true };
    const words = { jobs: 4, seconds: 30.1, dollars: 0.103, instanceSeconds: 160, instanceDollars: 0.01 };
    const { rows, total, ...asked } = await report();
    expect(asked).to.deep.equal({ by: "type", from: "2026-11-01", to: "2026-11-02" });
    expect(rows).to.deep.equal([
      { type: "checksum", ...checksums },
      { type: "word-count", ...words, idleSeconds: 129.9, idleDollars: 0, unpriced: true },
    ]);
    const both = { jobs: 6, seconds: 38.1, instanceSeconds: 170, idleSeconds: 131.9, unpriced: true };
    expect(total).to.deep.equal({ ...both, dollars: 0.103, instanceDollars: 0.01, idleDollars: 0 });
  });

  it("has each day from the first to the last, in UTC", async () => {
    const days = async (query: Record<string, string>) => {
      const { rows, from, to } = await report({ type: "word-count", per: "day", ...query });
      return [from, to, ...rows.map(({ day, type }) => `${day} ${type}`)];
    };
    const all = [31, 1, 2, 3].map((day) => `2026-1${day > 9 ? "0" : "1"}-${String(day).padStart(2, "0")} word-count`);
    expect(await days({ from: "2026-10-31", to: "2026-11-30" })).to.deep.equal(["2026-10-31", "2026-11-30", ...all]);
    expect(await days({ to: "2026-10-31" })).to.deep.equal(["2026-10-01", "2026-10-31", all[0]]);
    expect(await days({ from: "2026-11-02" })).to.deep.equal(["2026-11-02", "2026-11-02", all[2]]);
    expect(await days({ to: "2026-11-30" })).to.deep.equal(["2026-11-01", "2026-11-30", ...all.slice(1)]);
  });

  it("adds up tenants and labels over all types; the total has the jobs without one, too", async () => {
    const { total: whole } = await report();
    const byTenant = await report({ by: "tenant" });
    expect(byTenant.rows).to.deep.equal([
      { tenant: "a#b", jobs: 1, seconds: 5, dollars: 0.000_5 },
      { tenant: "acme", jobs: 4, seconds: 18.2, dollars: 0.201, unpriced: true },
    ]);
    expect(byTenant.total).to.deep.equal(whole);
    const byLabel = await report({ by: "label", label: "team" });
    expect(byLabel).to.deep.include({ label: "team", total: whole });
    expect(byLabel.rows).to.deep.equal([{ value: "blue", jobs: 2, seconds: 15, dollars: 0.001_5 }]);
    const { rows } = await report({ by: "tenant", per: "day", type: "word-count" });
    expect(rows.map(({ day, tenant }) => [day, tenant])).to.deep.equal([
      ...[
        ["2026-11-01", "a#b"],
        ["2026-11-01", "acme"],
        ["2026-11-02", "acme"],
      ],
    ]);
  });

  it("is there for a removed type by its name, and refused for a name without any", async () => {
    expect((await report({ type: "gone" })).rows).to.deep.equal([
      { type: "gone", ...own, idleSeconds: 70, idleDollars: 0.007 },
    ]);
    const { status, problem } = await ask({ type: "none" });
    expect([status, problem.code, problem.errors?.[0]?.path]).to.deep.equal([422, "unknown-type", "type"]);
    expect((await report({ type: "word-count", from: "2026-08-01", to: "2026-08-31" })).rows).to.deep.equal([]);
  });

  it("comes in parts that add up to the whole, wherever an answer ends", async () => {
    const questions: Record<string, string>[] = [
      { by: "tenant", from: "2026-09-01" },
      { by: "tenant", from: "2026-09-01", per: "day" },
      { by: "type", from: "2026-09-01", per: "day" },
      { by: "label", label: "team", from: "2026-09-01" },
    ];
    for (const query of questions) {
      const whole = await report(query);
      expect(whole).to.not.have.property("cursor");
      // With each look at the clock it is time to end.
      let time = Date.parse("2026-11-02T10:00:00Z");
      const now = () => (time += 5_000);
      const [rows, total] = [new Map<string, UsageRow>(), { jobs: 0, seconds: 0 } as UsageSum];
      let cursor: string | undefined;
      let parts = 0;
      do {
        const { json } = await ask({ ...query, ...(cursor && { cursor }) }, { now });
        const part = json as UsageReport;
        for (const { day, type, tenant, value, ...usage } of part.rows) {
          const name = {
            ...(day && { day }),
            ...(type && { type }),
            ...(tenant && { tenant }),
            ...(value && { value }),
          };
          const row = rows.get(JSON.stringify(name)) ?? { ...name, jobs: 0, seconds: 0 };
          addUsage(row, usage);
          rows.set(JSON.stringify(name), row);
        }
        addUsage(total, part.total);
        ({ cursor } = part);
        parts++;
      } while (cursor !== undefined);
      expect(parts).to.equal(query.by === "tenant" ? 3 : 2);
      expect([...rows.values()].map(withIdle)).to.have.deep.members(whole.rows);
      expect(withIdle(total)).to.deep.equal(whole.total);
    }
  });

  it("ends an answer at 5,000 rows and the rest of their page", async () => {
    const asked: string[] = [];
    const page: ReadUsage = (type, dimension, _days, after = "") => {
      asked.push(`${type} ${after}`);
      const items = Array.from({ length: 2_500 }, (_, index) => {
        return { day: "2026-11-01", value: `${after}${index}`, jobs: 1, seconds: 1, expiresAt: 1 };
      });
      const next = after.length < 30 ? `${usageItem(dimension, "2026-11-01")}${after.length}` : undefined;
      return Promise.resolve(dimension === "type" ? { items: [] } : { items, next });
    };
    const { json } = await ask({ by: "tenant", type: "checksum" }, { readUsage: page });
    expect((json as UsageReport).rows).to.have.length(5_000);
    expect((json as UsageReport).cursor).to.be.a("string");
  });

  it("is a tenant's own for a caller that is bound to it", async () => {
    const tokenRules = { tenantClaim: "tenant", operators: ["alice"] };
    const bound = { sub: "alice", tenant: "a#b" };
    const usage = { jobs: 1, seconds: 5, dollars: 0.000_5 };
    const { json } = await ask({ by: "tenant" }, { tokenRules }, bound);
    expect(json).to.deep.include({ rows: [{ tenant: "a#b", ...usage }], total: usage });
    for (const query of [{}, { by: "type" }, { by: "label", label: "team" }]) {
      const { status, problem } = await ask(query as Record<string, string>, { tokenRules }, bound);
      expect([status, problem.code]).to.deep.equal([403, "forbidden"]);
    }
    expect((await ask({}, { tokenRules }, { sub: "alice" })).status).to.equal(200);
    expect((await ask({ by: "tenant" }, { tokenRules }, { sub: "bob", tenant: "acme" })).status).to.equal(403);
  });

  it("refuses what makes no sense, and names it", async () => {
    const cursorOf = (place: unknown) => Buffer.from(JSON.stringify(place)).toString("base64url");
    const refused: [Record<string, string>, string][] = [
      [{ by: "label" }, "label"],
      [{ label: "team" }, "label"],
      [{ by: "tenant", label: "team" }, "label"],
      [{ by: "label", label: "Team" }, "label"],
      [{ by: "label", label: "a#b" }, "label"],
      [{ by: "label", label: "" }, "label"],
      [{ by: "owner" }, "by"],
      [{ per: "week" }, "per"],
      [{ type: "Word" }, "type"],
      [{ type: "a#usage" }, "type"],
      ...[
        "2026-02-30",
        "2026-13-01",
        "2026-00-10",
        "2026-1-1",
        "2026-11-01T00:00:00Z",
        "20261101",
        "",
        "now",
        "٢٠٢٦-١١-٠١",
      ].flatMap((day): [Record<string, string>, string][] => [
        [{ from: day }, "from"],
        [{ to: day }, "to"],
      ]),
      [{ from: "0000-01-01" }, "from"],
      [{ to: "0000-01-01" }, "from"],
      [{ from: "2025-09-27" }, "from"],
      [{ from: "2026-11-03" }, "to"],
      [{ from: "2026-11-02", to: "2026-11-01" }, "to"],
      [{ from: "9999-12-31", to: "2026-11-01" }, "to"],
      [{ days: "3" }, "days"],
      ...[
        "",
        "x",
        cursorOf({}),
        cursorOf([]),
        cursorOf(["A"]),
        cursorOf([1, 2]),
        cursorOf(["checksum", "tenant#2026-11-01#a"]),
        cursorOf(["checksum", "type#2026-10-31#"]),
        cursorOf(["checksum", "type#2026-11-02$"]),
        cursorOf(["checksum", 5]),
        cursorOf(["checksum", `type#2026-11-01#${"x".repeat(1_024)}`]),
        cursorOf(["__proto__", null]),
      ].map((cursor): [Record<string, string>, string] => [{ cursor }, "cursor"]),
    ];
    for (const [query, path] of refused) {
      const { status, problem } = await ask(query);
      expect([status, problem.code, problem.errors?.[0]?.path], JSON.stringify(query)).to.deep.equal([
        ...[400, "invalid-request", path],
      ]);
    }
    const taken: Record<string, string>[] = [
      { from: "2025-09-28" },
      { to: "9999-12-31", from: "2026-11-01" },
      { cursor: cursorOf(["zzz", null]) },
    ];
    for (const query of taken) {
      expect((await ask(query)).status, JSON.stringify(query)).to.equal(200);
    }
  });
});
