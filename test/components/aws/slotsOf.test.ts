import { expect } from "chai";
import { mostForJobs, slotsOf } from "../../../components/aws/slotsOf";

describe("slotsOf", () => {
  it("is what is configured, else the vCPUs of the first instance type", () => {
    expect(slotsOf({ slots: 3, instanceTypes: ["c7g.large"] })).to.equal(3);
    expect(slotsOf({ slots: 0, instanceTypes: ["c7g.xlarge", "c7g.large"] })).to.equal(4);
  });

  it("is as many as the first type's memory holds jobs, and one at least; where its name doesn't say, its vCPUs", () => {
    const slots = (memoryMegabytes: number, type: string) =>
      slotsOf({ slots: 0, instanceTypes: [type], memoryMegabytes });
    expect(slots(1_000, "c7g.xlarge")).to.equal(4);
    expect(slots(3_000, "c7g.xlarge")).to.equal(2);
    expect(slots(6_000, "c7g.xlarge")).to.equal(1);
    expect(slots(60_000, "c7g.xlarge")).to.equal(1);
    expect(slots(60_000, "i4i.xlarge")).to.equal(4);
    expect(slotsOf({ slots: 3, instanceTypes: ["c7g.xlarge"], memoryMegabytes: 6_000 })).to.equal(3);
  });

  it("is the GPUs of the first type with gpu, or the jobs that its memory holds; one if the number is unknown", () => {
    const slots = (type: string, memoryMegabytes?: number) =>
      slotsOf({ slots: 0, instanceTypes: [type], gpu: true, memoryMegabytes });
    expect(slots("g6.12xlarge")).to.equal(4);
    expect(slots("g6.xlarge")).to.equal(1);
    expect(slots("g8.48xlarge")).to.equal(1);
    expect(slots("p5.48xlarge", 100_000)).to.equal(8);
  });

  it("leaves to jobs the memory that system and worker don't reserve", () => {
    expect(mostForJobs("c7g.large")).to.equal(4_096 - 300 - 256);
    expect(mostForJobs("t3.nano")).to.equal(0);
    expect(mostForJobs("x2gd.large")).to.equal(undefined);
  });
});
