import { createHash } from "node:crypto";
import { expect } from "chai";
import type { Route } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import { until } from "../../local-cloud/support";
import { type Answer, createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

const jwt = { issuer: "https://issuer.example", audiences: ["jobs"], operators: ["sub-of-acme", "sub-of-bolt"] };

describe("callers that are bound to a tenant", () => {
  let handlers: Handlers;
  let journey: Journey;
  before(async () => {
    handlers = createHandlers({
      sick: `context.logger.info("secret of " + job.tenant); throw Object.assign(new Error("of " + job.tenant), { permanent: true });`,
    });
    const types = [{ name: "sick", handler: "sick", minInstances: 1 }];
    const args = { jwt: { ...jwt, tenantClaim: "org" } };
    journey = await startJourney(types, handlers, args, { enforceAuth: true, scheduleSeconds: 2 });
  });
  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const as = (org: string) => {
    const times = { iat: Math.floor(Date.now() / 1_000), exp: Math.floor(Date.now() / 1_000) + 3_600 };
    const claims = { iss: jwt.issuer, aud: "jobs", sub: `sub-of-${org}`, org, ...times };
    const authorization = `Bearer ${journey.cloud.issuer.sign(claims)}`;
    return (method: string, path: string, body?: unknown) => journey.call(method, path, body, { authorization });
  };

  async function ended(call: ReturnType<typeof as>, { status, body }: Answer): Promise<Answer["body"]> {
    expect(status).to.equal(202);
    let shown = body;
    await until(async () => {
      shown = (await call("GET", `/actions/${String(body.id)}`)).body;
      return shown.state === "done";
    });
    return shown;
  }

  it("reach no other's job by any route, nor learn of it, and change nothing of it", async () => {
    const [acme, bolt] = [as("acme"), as("bolt")];
    const large = { type: "sick", payload: { rows: "secret ".repeat(50_000) }, id: "invoice-large" };
    const jobs = [{ type: "sick", payload: { text: "secret" }, id: "invoice-1" }, large];
    for (const job of jobs) expect((await acme("POST", "/jobs", job)).status).to.equal(202);
    for (const { id } of jobs) await until(async () => (await acme("GET", `/jobs/${id}`)).body.state === "failed");
    const ids = jobs.map(({ id }) => id);
    const act = await acme("POST", "/actions", { action: "retry", ids, dryRun: true });
    const action = String((await ended(acme, act)).id);
    const before = await Promise.all(ids.map(async (id) => (await acme("GET", `/jobs/${id}?payload=false`)).body));

    for (const { method, path, body } of Object.values<Route>(routes)) {
      if (!path.includes("{id}")) continue;
      for (const id of path.startsWith("/actions") ? [action] : ids) {
        const answer = await bolt(method, path.replace("{id}", id), body && {});
        expect(answer.status, `${method} ${path}`).to.equal(404);
        expect(JSON.stringify(answer.body)).not.to.match(/acme|secret/);
      }
    }
    const { type } = large;
    const seen: Answer[] = [
      await bolt("GET", "/jobs"),
      await bolt("GET", "/jobs?limit=1"),
      await bolt("GET", "/jobs?state=failed"),
      await bolt("GET", "/failures"),
      await bolt("GET", "/actions"),
      await bolt("GET", "/usage?by=tenant"),
      await bolt("GET", "/usage"),
      await bolt("POST", "/jobs/retry", { ids }),
    ];
    const foreign = { action: "cancel", filter: { type, tenant: "acme" } };
    for (const { status } of [await bolt("GET", "/jobs?tenant=acme"), await bolt("POST", "/actions", foreign)]) {
      expect(status).to.equal(403);
    }
    for (const verb of ["retry", "replay", "cancel"]) {
      const named = await ended(bolt, await bolt("POST", "/actions", { action: verb, ids }));
      expect(named.counts).to.deep.equal({ matched: 2, done: 0, skipped: 2, failed: 0 });
      expect(named.problems).to.deep.equal(ids.map((id) => ({ id, code: "job-not-found" })));
      const all = await ended(bolt, await bolt("POST", "/actions", { action: verb, filter: { type } }));
      expect(all.counts).to.deep.equal({ matched: 0, done: 0, skipped: 0, failed: 0 });
    }
    // Knowing the digest of another's payload is no way to it.
    const text = JSON.stringify(large.payload);
    const value = { bytes: Buffer.byteLength(text), sha256: createHash("sha256").update(text).digest("hex") };
    const stolen = await bolt("POST", "/jobs", { type, id: "stolen", payloadRef: value });
    expect([stolen.status, stolen.body.code]).to.deep.equal([422, "blob-missing"]);
    // That an id is taken can't be hidden.
    for (const job of jobs) expect((await bolt("POST", "/jobs", job)).status).to.equal(409);
    for (const { body } of seen) {
      expect(JSON.stringify(body)).not.to.match(/secret|acme/);
      const place = Buffer.from((body.cursor as string | undefined) ?? "", "base64url").toString();
      expect(place).not.to.include("invoice");
    }
    const after = await Promise.all(ids.map(async (id) => (await acme("GET", `/jobs/${id}?payload=false`)).body));
    expect(after).to.deep.equal(before);
    expect(((await acme("GET", "/jobs?limit=100")).body.jobs as { id: string }[]).map(({ id }) => id)).to.have.members(
      ids,
    );
  });
});
