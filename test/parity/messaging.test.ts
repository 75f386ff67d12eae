import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { startTestCloud, type TestCloud } from "../local-cloud/support";
import { probes } from "./messaging/answers";
import { answerTo, clientsOf } from "./messaging/probe";

/** Made by `npm run localstack`, which asks LocalStack itself. */
const { answers } = JSON.parse(readFileSync(join(__dirname, "messaging", "localStack.json"), "utf8")) as {
  answers: Record<string, string>;
};

/** AWS's documentation decides where the local cloud and LocalStack differ. */
describe("SQS, SNS and S3, beside LocalStack", () => {
  let test: TestCloud;
  let clients: ReturnType<typeof clientsOf>;
  before(async () => {
    test = await startTestCloud();
    clients = clientsOf(test.cloud);
  });
  after(async () => {
    clients.destroy();
    await test.stop();
  });

  it("has an answer of LocalStack's for each probe", () => {
    expect(Object.keys(answers)).to.deep.equal(probes.map(({ name }) => name));
    expect(new Set(Object.keys(answers)).size).to.equal(probes.length);
    expect(probes.length).to.be.at.least(60);
  });

  it("lists no difference that is none", () => {
    const none = probes.filter(({ name, differs }) => differs?.localCloud === answers[name]);
    expect(none.map(({ name }) => name)).to.deep.equal([]);
  });

  for (const probe of probes) {
    const { name, differs } = probe;
    it(`${name}${differs ? `; ${differs.because}` : ""}`, async () => {
      expect(await answerTo(probe, clients)).to.equal(differs?.localCloud ?? answers[name]);
    });
  }
});
