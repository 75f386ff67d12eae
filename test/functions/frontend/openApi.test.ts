import Ajv2020 from "ajv/dist/2020";
import { expect } from "chai";
import type { OpenApi } from "../../../contract/http/answers";
import type { Route } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import { openApi } from "../../support/openApi";
import { checksum, FakeFrontend, wordCount } from "../support/fakeFrontend";

describe("GET /openapi.json", () => {
  it("has every route, with its scope", () => {
    for (const { method, path, scope } of Object.values<Route>(routes)) {
      expect(openApi.paths[path]![method.toLowerCase()], `${method} ${path}`).to.deep.include({ tags: [scope] });
    }
  });

  it("takes as submissions the jobs of each type, with the references of their own schemas", async () => {
    const payloadSchema = { $defs: { text: { type: "string" } }, properties: { text: { $ref: "#/$defs/text" } } };
    const frontend = new FakeFrontend({}, [{ ...wordCount, payloadSchema, description: "Counts words" }, checksum]);
    const { json } = await frontend.request("GET", "/openapi.json");
    const document = json as OpenApi;
    expect(document.openapi).to.equal("3.1.1");
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const fits = ajv.addSchema({ $id: "api", ...document }).compile({ $ref: "api#/components/schemas/Submission" });
    expect(fits({ type: "word-count", payload: { text: "a" } })).to.equal(true);
    expect(fits({ type: "word-count", payload: { text: 1 } })).to.equal(false);
    expect(fits({ type: "checksum", payload: { text: 1 } })).to.equal(true);
    expect(fits({ type: "other", payload: 1 })).to.equal(false);
  });
});
