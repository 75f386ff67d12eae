import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../../components";
import { validateArgs } from "../../../components/args/checks/validateArgs";
import { interfaceServices } from "../../../components/network/networkEndpoints";
import { readEnvironment } from "../../../contract/environmentFile";
import { decodeWorkerSettings } from "../../../contract/workerSettings";
import { record } from "../../support/record";

const shared = { image: "registry.example/worker:1", network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] } };
const processors = [{ name: "word-count", handler: "word-count" }];
const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:otel-Ab12Cd";
const later = <T>(value: T) => pulumi.output(Promise.resolve(value));
type Traces = BatchJobProcessorArgs["traces"];

async function build(traces: Traces) {
  const built = await record(() => new BatchJobProcessor("media", { ...shared, processors, traces }));
  const { policy } = built.named("media-word-count-fleet-policy").inputs;
  const { userData } = built.named("media-word-count-fleet-template").inputs;
  const environment = readEnvironment(Buffer.from(userData as string, "base64").toString());
  return { policy: String(policy), environment };
}

const problemsOf = (traces: unknown) => {
  try {
    validateArgs("media", { processors, traces: traces as Traces });
    return [];
  } catch (error) {
    return (error as pulumi.InputPropertiesError).errors.map(
      ({ propertyPath, reason }) => `${propertyPath}: ${reason}`,
    );
  }
};

describe("traces", () => {
  it("are passed to the workers, the headers by reference alone, which the workers may read", async () => {
    for (const wrap of [(text: string) => text, (text: string) => later(text)]) {
      const headers = { "api-key": wrap(`${secret}#key`) };
      const { environment, policy } = await build({ endpoint: wrap("https://otel.example.com"), headers });
      const settings = decodeWorkerSettings(environment);
      expect(settings.ok && settings.value).to.deep.include({
        tracesEndpoint: "https://otel.example.com",
        tracesHeaders: { "api-key": `${secret}#key` },
      });
      expect(environment).not.to.include.keys("WORKER_SECRETS");
      expect(policy).to.include(secret);
    }
  });

  it("leave user data and role unchanged where they are off", async () => {
    const { environment, policy } = await build(undefined);
    expect(Object.keys(environment).filter((name) => name.includes("TRACE"))).to.deep.equal([]);
    expect(policy).not.to.include("secretsmanager");
  });

  it("give private workers the endpoint of the service that has the headers' secrets", () => {
    const traces = { endpoint: "http://10.0.0.1:4318", headers: { "api-key": secret } };
    expect(interfaceServices({ processors, traces })).to.include("secretsmanager");
    expect(interfaceServices({ processors, traces: { endpoint: traces.endpoint } })).not.to.include("secretsmanager");
  });

  it("are refused by name, without what may be a secret", async () => {
    const url = "Expected an http or https URL without user and password";
    for (const [endpoint, got] of [
      ["otel.example.com:4318", "another text of 21 characters"],
      ["https://me:hunter2@otel.example.com", "another text of 35 characters"],
      [4_318, "number"],
    ] as const) {
      const [problem, ...more] = problemsOf({ endpoint });
      expect(problem)
        .to.match(/^traces\.endpoint: Expected /)
        .and.match(new RegExp(`${got}$|text`));
      expect(more).to.deep.equal([]);
    }
    const [header, reference] = problemsOf({
      endpoint: "http://x",
      headers: { "a b": secret, "api-key": "hunter2hunter2" },
    }).sort();
    expect(header)
      .to.match(/^traces\.headers/)
      .and.include("a header's name");
    expect(reference)
      .to.match(/^traces\.headers\.api-key: Expected the whole ARN/)
      .and.not.include("hunter2");
    const failure = await build({
      endpoint: later("https://me:hunter2@x"),
      headers: { "api-key": later("hunter2hunter2") },
    }).then(
      () => "nothing",
      (error: Error) => error.message,
    );
    expect(failure).to.include(`traces.endpoint: ${url}`).and.include("traces.headers.api-key: Expected the whole ARN");
    expect(failure).not.to.include("hunter2");
    const inClear = build({ endpoint: pulumi.secret("https://otel.example.com/token") });
    expect(await inClear.catch((error: Error) => error.message)).to.include("traces.endpoint: Expected no secret");
  });
});
