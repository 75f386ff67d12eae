import { expect } from "chai";
import type { Route, Scope } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import type { TokenRules } from "../../../contract/http/tokenRules";
import type { Redrive } from "../../../contract/messages/redrive";
import { listKeyOf } from "../../../contract/records/listKey";
import { FakeFrontend } from "../support/fakeFrontend";

const submittedAt = "2026-11-02T09:00:00.000Z";
const all: Route[] = Object.values<Route>(routes);

function frontendFor(tokenRules: TokenRules) {
  const redrive = ({ ids }: Redrive["redrive"]) =>
    Promise.resolve(Object.fromEntries(ids.map((id) => [id, "sent" as const])));
  const frontend = new FakeFrontend({ tokenRules, redrive });
  for (const [id, tenant] of [
    ["a", "acme"],
    ["b", "bolt"],
  ]) {
    const listKey = listKeyOf("word-count", id!);
    frontend.put({ id: id!, type: "word-count", state: "failed", attempts: 1, tenant, submittedAt, listKey });
  }
  return frontend;
}

const as = (claims: Record<string, string> | undefined) => ({ authorizer: claims && { jwt: { claims } } });

function callerOf(frontend: FakeFrontend, claims: Record<string, string> | undefined) {
  return (method: string, path: string, body?: unknown) =>
    frontend.request(method, path, body, { requestContext: { http: { method }, ...as(claims) } });
}

describe("rights of callers", () => {
  it("are by scope, on each route, however its path is written", async () => {
    const scopes = { submit: "jobs/submit", read: "jobs/read", operate: "jobs/operate" };
    const tokens: [Record<string, string>, TokenRules, Scope[]][] = [
      [{ sub: "x" }, { scopes }, []],
      [{ sub: "x", scope: "jobs/submi jobs/submit/x" }, { scopes }, []],
      [{ sub: "x", scope: "openid jobs/submit" }, { scopes }, ["submit"]],
      [{ sub: "x", scp: "[jobs/read jobs/operate]" }, { scopes }, ["read", "operate"]],
      [{ sub: "x", scope: "jobs/operate" }, {}, ["submit", "read"]],
      [{ sub: "x" }, { operators: ["alice"] }, ["submit", "read"]],
      [{ sub: "alice" }, { operators: ["alice"] }, ["submit", "read", "operate"]],
      [{ scope: "jobs/read" }, { scopes: { read: "jobs/read" }, operators: [""] }, ["submit", "read", "operate"]],
      [{ sub: "x" }, { scopes: { read: "jobs/read" } }, ["submit"]],
    ];
    for (const [claims, rules, may] of tokens) {
      const call = callerOf(frontendFor(rules), claims);
      for (const { method, path, scope } of all) {
        for (const written of [path.replace(/\{\w+\}/, "a"), `/${path.replace(/\{\w+\}/, "a")}/`]) {
          const { status, problem } = await call(method, written);
          const isForbidden = status === 403 && problem.code === "forbidden";
          const what = `${method} ${written} with ${JSON.stringify([claims, rules])}`;
          expect(isForbidden, what).to.equal(!may.includes(scope));
        }
      }
    }
  });

  it("are decided by API Gateway for signed requests, and not restricted without authorization", async () => {
    const scopes = { submit: "s", read: "r", operate: "o" };
    for (const { method, path } of all) {
      const answer = await callerOf(frontendFor({ scopes }), undefined)(method, path.replace(/\{\w+\}/, "a"));
      expect(answer.status, `${method} ${path}`).to.not.equal(403);
    }
  });

  describe("with a tenant's token", () => {
    const rules = { tenantClaim: "tenant", operators: ["alice"] };
    const job = { type: "word-count", payload: 1 };

    it("are to submit jobs of that tenant alone", async () => {
      const frontend = frontendFor(rules);
      const call = callerOf(frontend, { sub: "x", tenant: "acme" });
      expect((await call("POST", "/jobs", { ...job, id: "one" })).status).to.equal(202);
      expect((await call("POST", "/jobs", { ...job, id: "two", tenant: "acme" })).status).to.equal(202);
      const refused = await call("POST", "/jobs", { ...job, tenant: "bolt" });
      expect([refused.status, refused.problem.errors?.[0]?.path]).to.deep.equal([403, "/tenant"]);
      const { json } = await call("POST", "/jobs/batch", { jobs: [job, { ...job, tenant: "bolt" }] });
      const { results } = json as { results: { status: number; problem?: { errors: { path: string }[] } }[] };
      expect(results.map(({ status }) => status)).to.deep.equal([202, 403]);
      expect(results[1]!.problem!.errors[0]!.path).to.equal("/jobs/1/tenant");
      expect(frontend.published.map(({ tenant }) => tenant)).to.deep.equal(["acme", "acme", "acme"]);
    });

    it("are to see and operate on that tenant's jobs alone", async () => {
      const seen = async (claims: Record<string, string>) => {
        const call = callerOf(frontendFor(rules), claims);
        const { json } = await call("GET", "/jobs");
        const { results } = (await call("POST", "/jobs/retry", { ids: ["a", "b"] })).json as {
          results: { status: number }[];
        };
        return {
          get: [(await call("GET", "/jobs/a")).status, (await call("GET", "/jobs/b")).status],
          cancel: [(await call("DELETE", "/jobs/a")).status, (await call("DELETE", "/jobs/b")).status],
          retry: [(await call("POST", "/jobs/a/retry")).status, (await call("POST", "/jobs/b/retry")).status],
          batch: results?.map(({ status }) => status),
          list: (json as { jobs?: { id: string }[] }).jobs?.map(({ id }) => id),
        };
      };
      expect(await seen({ sub: "alice", tenant: "acme" })).to.deep.equal({
        ...{ get: [200, 404], cancel: [409, 404], retry: [202, 404], batch: [202, 404], list: ["a"] },
      });
      expect(await seen({ sub: "alice" }), "an operator without a tenant").to.deep.equal({
        ...{ get: [200, 200], cancel: [409, 409], retry: [202, 202], batch: [202, 202], list: ["b", "a"] },
      });
    });

    it("are none if the claim is missing, or no tenant", async () => {
      const tokens: Record<string, string>[] = [{}, { tenant: "" }, { tenant: "[a b]" }, { tenant: "x".repeat(129) }];
      for (const claims of tokens) {
        const { status, problem } = await callerOf(frontendFor(rules), { sub: "x", ...claims })("GET", "/jobs");
        expect([status, problem.code], JSON.stringify(claims)).to.deep.equal([403, "forbidden"]);
      }
    });
  });
});
