import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { withDefaults } from "../../../components/args/ProcessorArgs";
import { DeployTarget } from "../../../components/aws/DeployTarget";
import { MachineImages } from "../../../components/processor/MachineImages";
import { record } from "../../support/record";

const processor = (fields: object) => withDefaults({ name: "a", handler: "a", ...fields });
const id = "ami-0fedcba9876543210";

describe("MachineImages", () => {
  const build = (machineImage: string | undefined, ...processors: ReturnType<typeof processor>[]) =>
    record(() => {
      const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
      const images = new MachineImages("media", { machineImage, target: new DeployTarget({}) }, parent);
      return processors.map((each) => images.of(each));
    });
  const valueOf = (output: pulumi.Output<unknown>) => new Promise((resolve) => output.apply(resolve));

  it("keep what AWS recommended first, once for each kind of instance", async () => {
    const arm = processor({});
    const gpu = processor({ gpu: true, instanceTypes: ["g5.xlarge"] });
    const { ofType, named, result } = await build(undefined, arm, processor({ name: "b" }), gpu);
    expect(ofType("ssm/parameter:Parameter").map(({ name }) => name)).to.have.members([
      "media-machine-image-arm64",
      "media-machine-image-x86_64-gpu",
    ]);
    const { inputs, options } = named("media-machine-image-arm64");
    expect(inputs).to.include({ type: "String", insecureValue: "ami-0123456789abcdef0" });
    expect(options.ignoreChanges).to.deep.equal(["insecureValue"]);
    expect(await valueOf(result[0]!.id)).to.equal("ami-0123456789abcdef0");
    expect(await valueOf(result[0]!.createdAt)).to.equal("2026-11-01T00:00:00.000Z");
  });

  it("are looked up again under another label", async () => {
    const { ofType } = await build("recommended:2026-11", processor({}));
    expect(ofType("ssm/parameter:Parameter").map(({ name }) => name)).to.deep.equal([
      "media-machine-image-arm64-2026-11",
    ]);
  });

  it("are the ones given, a processor's before the component's", async () => {
    const { ofType, result } = await build("recommended", processor({ machineImage: id }));
    expect(ofType("ssm/parameter:Parameter")).to.deep.equal([]);
    expect(await valueOf(result[0]!.id)).to.equal(id);
  });
});
