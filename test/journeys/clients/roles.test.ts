import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Route, Scope } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import { packageRoot } from "../../../contract/packageRoot";
import { accountId } from "../../../local-cloud/account";
import type { Credentials } from "../../../local-cloud/wire/callers";
import { signCall } from "../../../local-cloud/wire/signatures/signCall";
import { type Journey, startJourney } from "../support/stack";

const processors = [{ name: "echo", handler: "echo" }];
const all = Object.values<Route>(routes).map((route) => ({ ...route, at: route.path.replace(/\{\w+\}/, "none") }));
const scopes: Scope[] = ["submit", "read", "operate"];

/** A call by its method and path; resolves to true if it was let through to the API's function. */
type Call = (method: string, path: string) => Promise<boolean>;

async function isAdmitted(url: string, method: string, path: string, headers: Record<string, string>) {
  const response = await fetch(url + path, { method, headers, body: method === "POST" ? "{}" : undefined });
  const { message, code } = (await response.json().catch(() => ({}))) as { message?: string; code?: string };
  if (response.status === 403)
    expect(message === "Forbidden" || code === "forbidden", `${method} ${path}`).to.equal(true);
  return response.status !== 403 && response.status !== 401;
}

/** Sweeps over the table of routes: a caller reaches those of its scopes, and no others. */
async function expectOnly(call: Call, may: (route: Route) => boolean, who: string): Promise<void> {
  for (const route of all) {
    expect(await call(route.method, route.at), `${who}: ${route.method} ${route.path}`).to.equal(may(route));
    const written = `/${route.at}/`;
    // Past the route's own authorization, by the catch-all route.
    if (!may(route)) expect(await call(route.method, written), `${who}: ${route.method} ${written}`).to.equal(false);
  }
}

describe("roles of callers", () => {
  describe("by signature, with the policies of docs/security.md", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney(processors, undefined, {}, { enforceAuth: true });
    });
    after(() => journey?.stop());

    const sign =
      (credentials: Credentials): Call =>
      async (method, path) => {
        const { url, cloud } = journey;
        const call = { service: "execute-api", region: cloud.region, method, address: url, path };
        const body = method === "POST" ? "{}" : "";
        const headers = await signCall({ ...call, headers: { "content-type": "application/json" }, body }, credentials);
        return isAdmitted(url, method, path, headers);
      };

    /** Signs as a new role with the policy. */
    function callAs(name: string, policy: string): Call {
      const { cloud } = journey;
      const roleArn = `arn:aws:iam::${accountId}:role/${name}`;
      const api = cloud.apis.list()[0]!.id;
      const filled = policy
        .replaceAll("REGION", cloud.region)
        .replaceAll("ACCOUNT", accountId)
        .replaceAll("API/", `${api}/`);
      cloud.iam.roles.put(name, roleArn, { Version: "2012-10-17", Statement: [] });
      cloud.iam.roles.putInline(name, "calls", JSON.parse(filled));
      return sign(cloud.callers.issue({ name: "caller", roleArn }));
    }

    const documented = new Map(
      [
        ...readFileSync(join(packageRoot(), "docs", "security.md"), "utf8").matchAll(
          /^`(\w+)`:\n\n```json\n(.*?)```/gms,
        ),
      ].map(([, scope, policy]) => [scope, policy!]),
    );

    it("do what their scope says, and nothing else", async () => {
      expect([...documented.keys()]).to.deep.equal(scopes);
      for (const scope of scopes) {
        await expectOnly(callAs(scope, documented.get(scope)!), (route) => route.scope === scope, scope);
      }
      // The ARN of the path "/x/GET/jobs/none" must not be taken for that of a stage "$default/DELETE/x".
      const reader = callAs("reader", documented.get("read")!);
      expect(await reader("DELETE", "/x/GET/jobs/none")).to.equal(false);
      const policies = [...documented.values()].map((text) => JSON.parse(text) as { Statement: object[] });
      const together = { ...policies[0], Statement: policies.flatMap(({ Statement }) => Statement) };
      await expectOnly(callAs("everybody", JSON.stringify(together)), () => true, "all three");
    });

    it("lose a route with its line of the policy", async () => {
      for (const scope of scopes) {
        const policy = JSON.parse(documented.get(scope)!) as { Statement: [{ Resource: string[] }] };
        const own = all.filter((route) => route.scope === scope);
        expect(policy.Statement[0].Resource).to.have.length(own.length);
        for (const [index, lost] of own.entries()) {
          const mutated = structuredClone(policy);
          mutated.Statement[0].Resource.splice(index, 1);
          const call = callAs("mutated", JSON.stringify(mutated));
          for (const route of own) {
            // In a policy the job "retry" stands for a path, too.
            const what = `${route.method} ${route.path} without ${lost.method} ${lost.path}`;
            // "*" crosses slashes in IAM, so that the line of a job covers what lies below it.
            const isCovered = own.some(
              ({ method, path }) => method === route.method && path.endsWith("}") && route.path.startsWith(`${path}/`),
            );
            expect(await call(route.method, route.at), what).to.equal(route !== lost || isCovered);
          }
        }
      }
    });
  });

  describe("by token", () => {
    const jwt = { issuer: "https://issuer.example", audiences: ["jobs"] };
    const named = { submit: "jobs/submit", read: "jobs/read", operate: "jobs/operate" };
    let journey: Journey;
    before(async () => {
      journey = await startJourney(processors, undefined, { jwt: { ...jwt, scopes: named } }, { enforceAuth: true });
    });
    after(() => journey?.stop());

    const carry = (claims: { subject?: string; scopes?: string[] }): Call => {
      const token = journey.cloud.issuer.issue({ issuer: jwt.issuer, audience: "jobs", ...claims });
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      return (method, path) => isAdmitted(journey.url, method, path, headers);
    };

    it("do what their scope says, and nothing else", async () => {
      for (const scope of scopes) {
        await expectOnly(carry({ scopes: ["openid", named[scope]] }), (route) => route.scope === scope, scope);
      }
      await expectOnly(carry({ scopes: ["openid"] }), () => false, "no scope");
      const own = journey.cloud.apis.list()[0]!.access.bearerToken!;
      const headers = { authorization: `Bearer ${own}`, "content-type": "application/json" };
      await expectOnly(
        (method, path) => isAdmitted(journey.url, method, path, headers),
        () => true,
        "the developer",
      );
    });

    it("operate by their subject, or else sign", async () => {
      await journey.redeploy({ jwt: { ...jwt, operators: ["alice"] } });
      await expectOnly(carry({ subject: "alice" }), () => true, "an operator");
      const isPublic = ({ scope }: Route) => scope !== "operate";
      await expectOnly(carry({ subject: "bob" }), isPublic, "another subject");
      await journey.redeploy({ jwt });
      await expectOnly(carry({ subject: "alice" }), isPublic, "a token");
      const { url, cloud } = journey;
      const call = { service: "execute-api", region: cloud.region, method: "DELETE", address: url, path: "/jobs/none" };
      const headers = await signCall({ ...call, headers: {}, body: "" }, cloud.credentials);
      expect(await isAdmitted(url, "DELETE", "/jobs/none", headers)).to.equal(true);
    });
  });
});
