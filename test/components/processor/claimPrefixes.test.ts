import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor } from "../../../components";
import { record } from "../../support/record";

const processor = (name: string) => ({ name, handler: "word-count" });

class Team extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Team", name);
  }
}

describe("claimPrefixes", () => {
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 1));
  after(() => (Error.stackTraceLimit = stackTraceLimit));

  it("refuses types of two components whose resources would have the same names", async () => {
    const program = () => {
      new BatchJobProcessor("jobs", { processors: [processor("a-b")] });
      new BatchJobProcessor("jobs-a", { processors: [processor("c"), processor("b")] });
    };
    const error = await record(program).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error!.message).to.include(
      'processors[1].name: Expected names of its own, got "jobs-a-b", which component "jobs" has',
    );
  });

  it("takes such components in two stacks, under two parents, and with other types", async () => {
    await record(() => new BatchJobProcessor("jobs", { processors: [processor("a-b")] }));
    const { resources } = await record(() => {
      new BatchJobProcessor("jobs-a", { processors: [processor("b")] });
      new BatchJobProcessor("jobs", { processors: [processor("c")] });
      new BatchJobProcessor("jobs", { processors: [processor("a-b")] }, { parent: new Team("team") });
    });
    expect(resources.filter(({ name }) => name === "jobs-a-b-queue")).to.have.length(2);
  });
});
