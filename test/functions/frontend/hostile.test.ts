import { expect } from "chai";
import { problems } from "../../../contract/http/problem";
import type { Route } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import type { HttpEvent } from "../../../functions/frontend/requests/http";
import { hostileRequestsTo } from "../../support/hostileRequests";
import { FakeFrontend } from "../support/fakeFrontend";

describe("hostile requests to every route", () => {
  for (const [name, route] of Object.entries<Route>(routes)) {
    it(`${name}: are refused as a client's mistakes, by field, and write nothing`, async () => {
      const frontend = new FakeFrontend();
      for (const { what, method, path, query, headers, body, code = /./, field, isBatch } of hostileRequestsTo(
        name,
        route,
      )) {
        const event: Partial<HttpEvent> = {
          ...(query && { queryStringParameters: query }),
          ...(headers && { headers }),
          ...(Buffer.isBuffer(body) ? { body: body.toString("base64"), isBase64Encoded: true } : { body }),
        };
        const answer = await frontend.request(method, path, undefined, event);
        if (isBatch && answer.status === 200) continue;
        const { status, problem } = answer;
        expect(status, what).to.be.within(400, 499);
        expect(answer.headers["content-type"], what).to.equal("application/problem+json");
        expect(problem.code, `${what}: ${problem.detail}`).to.match(code);
        expect(problem, what).to.include({ type: "about:blank", status, title: problems[problem.code].title });
        expect(problem.detail.length, what).to.be.within(1, 2_000);
        if (field !== undefined)
          expect(
            problem.errors?.map((each) => each.path),
            what,
          ).to.deep.equal([field]);
        if (problem.code === "method-not-allowed" && path === route.path) {
          expect(answer.headers.allow, what).to.include(route.method);
        }
      }
      expect(frontend.happened).to.deep.equal([]);
      expect(frontend.batches).to.deep.equal([]);
      expect(frontend.lines.filter(({ event }) => event === "request-failed")).to.deep.equal([]);
    });
  }
});
