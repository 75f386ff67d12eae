import fs, { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { readLocalRunsAround } from "../../../client/connection/localRun";
import { startTestCloud } from "../support";

describe("the files of a local run", () => {
  it("name the stack outputs that hold the URL of their API, with all URLs of these", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "run ")));
    const test = await startTestCloud({ folder });
    try {
      const west = () => new aws.Provider("west", { region: "us-west-2" });
      const outputs = await test.up(() => {
        const first = new aws.apigatewayv2.Api("first", { protocolType: "HTTP" }).apiEndpoint;
        const second = new aws.apigatewayv2.Api("second", { protocolType: "HTTP" }, { provider: west() }).apiEndpoint;
        return { url: first, urls: [second, first], other: "https://example.com", count: 2, nothing: undefined };
      });
      const outputsByUrl = () =>
        Object.fromEntries(readLocalRunsAround(folder).map(({ url, outputs: named }) => [url, named]));
      const [second, first] = (outputs.urls as string[]).map((url) => `${url}/`) as [string, string];
      expect(outputsByUrl()).to.deep.equal({ [first]: undefined, [second]: undefined });
      test.cloud.regions().forEach(({ apis }) => apis.tellOutputs(outputs));
      const urls = [second, first];
      expect(outputsByUrl()).to.deep.equal({ [first]: { url: [first], urls }, [second]: { urls } });
      test.cloud.regions().forEach(({ apis }) => apis.tellOutputs({ urls: first }));
      expect(outputsByUrl()).to.deep.equal({ [first]: { urls: [first] }, [second]: {} });
    } finally {
      await test.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it("are there, whole and their owner's alone, at each step of a change", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "run ")));
    const test = await startTestCloud({ folder });
    const steps = ["mkdirSync", "rmSync", "writeFileSync", "renameSync"] as const;
    const seen: unknown[] = [];
    const look = () => seen.push(readLocalRunsAround(folder).map(({ outputs }) => outputs));
    try {
      const outputs = await test.up(() => ({
        url: new aws.apigatewayv2.Api("a", { protocolType: "HTTP" }).apiEndpoint,
      }));
      const listeners = process.listenerCount("exit");
      for (const step of steps) {
        const own = fs[step] as (...args: unknown[]) => unknown;
        mock.method(fs, step, (...args: unknown[]) => {
          const made = own(...args);
          look();
          return made;
        });
      }
      const tell = (told: object) => test.cloud.regions().forEach(({ apis }) => apis.tellOutputs({ ...told }));
      tell(outputs);
      tell({ name: outputs.url });
      mock.restoreAll();
      look();
      const [first, last] = [{ url: [`${String(outputs.url)}/`] }, { name: [`${String(outputs.url)}/`] }];
      expect(new Set(seen.map((each) => JSON.stringify(each)))).to.deep.equal(
        new Set([[null], [first], [last]].map((each) => JSON.stringify(each))),
      );
      expect(process.listenerCount("exit"), "listeners for the end").to.equal(listeners);
    } finally {
      mock.restoreAll();
      await test.stop();
    }
    expect(readLocalRunsAround(folder)).to.deep.equal([]);
    rmSync(folder, { recursive: true });
  });
});
