import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs, type ProcessorArgs } from "../../../../components";
import { validateArgs } from "../../../../components/args/checks/validateArgs";
import { readEnvironment } from "../../../../contract/environmentFile";
import { record } from "../../../support/record";

const shared = { image: "registry.example/worker:1", network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] } };
const build = (processors: Partial<ProcessorArgs>[], args: Partial<BatchJobProcessorArgs> = {}) => {
  const named = processors.map((processor, index) => ({ name: `type-${index}`, handler: "word-count", ...processor }));
  return record(() => new BatchJobProcessor("media", { ...shared, ...args, processors: named }));
};
const failureOf = (...args: Parameters<typeof build>) =>
  build(...args).then(
    () => "nothing",
    (error: Error) => error.message,
  );
/** Errors that are thrown at once, before anything is built. */
const problemOf = (processors: Partial<ProcessorArgs>[], args: Partial<BatchJobProcessorArgs> = {}) => {
  const named = processors.map((processor, index) => ({ name: `type-${index}`, handler: "word-count", ...processor }));
  try {
    validateArgs("media", { ...args, processors: named });
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
};
const large = "x".repeat(16_000);
const later = <T>(value: T) => pulumi.output(Promise.resolve(value));

describe("environments", () => {
  it("may hold outputs, and secrets that were said to be none", async () => {
    const { named } = await build([{ environment: { A: later("a"), B: pulumi.unsecret(pulumi.secret("b")) } }], {
      environment: { C: Promise.resolve("c") },
    });
    const userData = named("media-type-0-fleet-template").inputs.userData as string;
    const environment = readEnvironment(Buffer.from(userData, "base64").toString());
    expect(environment).to.include({ A: "a", B: "b", C: "c" });
  });

  const secrets: [string, () => pulumi.Input<string>][] = [
    ["a secret", () => pulumi.secret("s")],
    ["a text that was made of one", () => pulumi.interpolate`a ${pulumi.secret("s")} b`],
    ["what apply made of one", () => pulumi.secret({ a: "s" }).apply(({ a }) => a)],
    ["a setting that is one", () => secretSetting()],
    ["one that is only known later", () => pulumi.secret(Promise.resolve("s"))],
  ];
  function secretSetting(): pulumi.Input<string> {
    pulumi.runtime.setAllConfig({ "project:password": "s" }, ["project:password"]);
    return new pulumi.Config("project").requireSecret("password");
  }
  for (const [what, secret] of secrets) {
    it(`refuse ${what} by its path`, async () => {
      const failure = await record(
        () =>
          new BatchJobProcessor("media", {
            ...shared,
            processors: [{ name: "a", handler: "word-count", environment: { PLAIN: "p", PASSWORD: secret() } }],
          }),
      ).then(
        () => "nothing",
        (error: Error) => error.message,
      );
      expect(failure).to.include('BatchJobProcessor "media" has 1 invalid input:\n');
      expect(failure).to.include("  processors[0].environment.PASSWORD: Expected no secret, got one");
      expect(failure).to.include("Secrets Manager").and.include("pulumi.unsecret");
    });
  }

  it("have all their secrets named at once", async () => {
    const failure = await failureOf([{}, { environment: { A: pulumi.secret("a"), B: "b" } }], {
      environment: { C: pulumi.secret("c"), D: later("d") },
    });
    expect(failure).to.include("has 2 invalid inputs:");
    expect(failure).to.include("  environment.C: ").and.include("  processors[1].environment.A: ");
    expect(failure).not.to.include("PLAIN");
  });

  it("refuse by its path a text of several lines that comes later", async () => {
    const failure = await failureOf([{ environment: { KEY: later("a\nb") } }]);
    expect(failure).to.include("  processors[0].environment.KEY: Expected a text of one line");
  });

  const figures = /Expected variables.* of at most (\d+) bytes as lines NAME=value, got (\d+): .*EC2 takes 16384 bytes/;
  const tooLarge: [string, Parameters<typeof build>, string][] = [
    ["a processor's", [[{}, { environment: { A: large } }]], "processors[1].environment"],
    ["a processor's, of many", [[{ environment: many(500) }]], "processors[0].environment"],
    ["the component's", [[{}, {}], { environment: { A: large } }], "environment"],
    ["both together", [[{ environment: { A: half() } }], { environment: { B: half() } }], "processors[0].environment"],
  ];
  function many(count: number): Record<string, string> {
    return Object.fromEntries(Array.from({ length: count }, (_, index) => [`VARIABLE_${index}`, "some text"]));
  }
  function half(): string {
    return "x".repeat(4_500);
  }
  for (const [what, args, path] of tooLarge) {
    it(`refuse variables too large for user data, with both figures: ${what}`, () => {
      const failure = problemOf(...args);
      expect(failure).to.include(`has 1 invalid input:\n  ${path}: Expected variables`);
      const [, room, got] = figures.exec(failure)!;
      expect(Number(room)).to.be.within(4_200, 8_000).and.to.be.below(Number(got));
    });
  }

  it("are refused by the same rule where they come later", async () => {
    const failure = await failureOf([{ environment: { A: later(large) } }]);
    expect(failure).to.include("  processors[0].environment: Expected variables").and.match(figures);
  });

  it("refuse a command that leaves them no room, by its path", () => {
    const failure = problemOf([{ handler: undefined, command: ["a", large] }]);
    expect(failure).to.match(
      / {2}processors\[0\]\.command: Expected a command of at most \d+ bytes as JSON, got 16\d+/,
    );
  });

  it("take as much as the error says there is room for, and it fits", async () => {
    const most = async (args: Partial<BatchJobProcessorArgs>, processor: Partial<ProcessorArgs>) => {
      const failure = problemOf([{ ...processor, environment: { A: large } }], args);
      const room = Number(figures.exec(failure)![1]);
      const environment = { A: "x".repeat(room - "A=\n".length) };
      const { resources } = await build([{ ...processor, environment }], args);
      const template = resources.find(({ name }) => name === "media-type-0-fleet-template")!;
      expect(Buffer.from(template.inputs.userData as string, "base64").length).to.be.at.most(16_384);
      expect(problemOf([{ ...processor, environment: { A: `${environment.A}x` } }], args)).to.match(figures);
    };
    await most({}, {});
    await most({ events: true, tracking: false }, { handler: undefined, command: ["python3", "/job.py"] });
  });
});
