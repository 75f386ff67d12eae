import { once } from "node:events";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { problems } from "../../../contract/http/problem";
import type { Route } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import { mapLimited } from "../../../functions/shared/mapLimited";
import { until } from "../../local-cloud/support";
import { type HostileRequest, hostileRequestsTo } from "../../support/hostileRequests";
import { expectDocumented } from "../../support/openApi";
import { type Journey, startJourney } from "../support/stack";

/** Methods that HTTP clients send; the parser of a server refuses the others. */
const sendable = [...new Set(Object.values<Route>(routes).map(({ method }) => method)), "PATCH", "PUT", "OPTIONS"];
const atOnce = 8;

interface Answer {
  status: number;
  type: string;
  body: { code: keyof typeof problems; detail: string; errors?: { path: string; message: string }[] };
}

describe("hostile requests by HTTP", () => {
  const agent = new Agent({ keepAlive: true });
  let journey: Journey;
  /** Ids that are there, and the type. */
  const present: Record<string, string> = { type: "echo" };

  before(async () => {
    journey = await startJourney([{ name: "echo", handler: "echo" }]);
    const client = new JobClient({ url: journey.url });
    present.jobs = (await client.submit("echo", 1, { delaySeconds: 800 })).id;
    const { id } = await client.act("cancel", { filter: { type: "echo" }, dryRun: true });
    await until(async () => (await client.action(id)).state === "done");
    present.actions = id;
  });
  after(async () => {
    agent.destroy();
    await journey?.stop();
  });

  async function send({ method, path, query, headers, body }: HostileRequest): Promise<Answer> {
    const search = query ? `?${new URLSearchParams(query).toString()}` : "";
    // What no request line may have goes as clients write it.
    const target = path.replace(/\p{Surrogate}/gu, "\ufffd").replace(/[^\x21-\x7e]/gu, encodeURIComponent) + search;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const { hostname, port } = new URL(journey.url);
    const sent = request({ agent, hostname, port, method, path: target, headers: { ...headers, ...length } });
    sent.end(body);
    const [answer] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
    const { statusCode: status = 0, headers: { "content-type": type = "" } = {} } = answer;
    const content = await text(answer);
    const parsed = JSON.parse(content) as Answer["body"];
    expectDocumented(method, target, status, type, parsed);
    return { status, type, body: parsed };
  }

  const recorded = async () =>
    (await journey.dynamodb.send(new ScanCommand({ TableName: journey.outputs.jobTable, ConsistentRead: true }))).Items;

  it("are refused as a client's mistakes, by field, and change nothing", async () => {
    const before = await recorded();
    let count = 0;
    for (const [name, route] of Object.entries<Route>(routes)) {
      const [, collection = ""] = route.path.split("/");
      const parameter = present[route.path.includes("{type}") ? "type" : collection];
      const requests = hostileRequestsTo(name, route, parameter).filter(({ method }) => sendable.includes(method));
      count += requests.length;
      await mapLimited(requests, atOnce, async (hostile) => {
        const { code = /./, field, isBatch } = hostile;
        const what = `${name}, ${hostile.what}`;
        const { status, type, body } = await send(hostile);
        if (isBatch && status === 200) return;
        expect(status, what).to.be.within(400, 499);
        expect(type, what).to.equal("application/problem+json");
        expect(body.code, what).to.match(code).and.be.oneOf(Object.keys(problems));
        if (field === undefined) return;
        expect(
          body.errors?.map(({ path }) => path),
          what,
        ).to.deep.equal([field]);
        expect(body.errors![0]!.message, what).to.match(/^(Expected|The value must) .*, got /s);
      });
    }
    expect(count).to.be.above(1_000);
    expect(await recorded()).to.deep.equal(before);
    const failed = journey.logs.filter(({ line }) => /"(request-failed|job-not-|jobs-not-)/.test(line));
    expect(failed).to.deep.equal([]);
    expect((await journey.call("GET", "/health")).status).to.equal(200);
  });
});
