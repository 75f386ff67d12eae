import { expect } from "chai";
import {
  architectureOf,
  gpusOf,
  hasGpu,
  hasInstanceStore,
  memoryOf,
  vcpusOf,
} from "../../../components/aws/instanceTypes";

describe("instance types, by their names", () => {
  // "Amazon EC2 instance types by CPU options".
  const vcpus: Record<string, number> = {
    ...{ "c7g.medium": 1, "c7g.large": 2, "m7i.xlarge": 4, "c7g.2xlarge": 8, "c7i.24xlarge": 96, "c7i.metal-24xl": 96 },
    ...{ "t4g.nano": 2, "t3.medium": 2, "t3.large": 2, "t3.xlarge": 4, "t3.2xlarge": 8, "a1.medium": 1 },
    ...{ "x2gd.metal": 2 },
  };
  for (const [type, count] of Object.entries(vcpus)) {
    it(`${type}: vCPUs, ${count}`, () => expect(vcpusOf(type)).to.equal(count));
  }

  for (const type of ["a1.medium", "c7g.large", "t4g.small", "im4gn.large", "m6gd.large", "c8gn.large", "g5g.xlarge"]) {
    it(`${type}: arm64`, () => expect(architectureOf(type)).to.equal("arm64"));
  }
  for (const type of [
    "c7i.large",
    "m7a.large",
    "g4dn.xlarge",
    "g6.xlarge",
    "inf2.xlarge",
    "t3.micro",
    "p6-b200.48xlarge",
  ]) {
    it(`${type}: x86_64`, () => expect(architectureOf(type)).to.equal("x86_64"));
  }

  // In GiB; "Amazon EC2 instance types": specifications by family.
  const memory: Record<string, number | undefined> = {
    ...{
      "c7g.medium": 2,
      "c7g.large": 4,
      "c5.18xlarge": 144,
      "c7i-flex.large": 4,
      "c6gn.16xlarge": 128,
      "c9gd.large": 4,
    },
    ...{ "m5.large": 8, "m7i.metal-48xl": 768, "m10g.large": 8, "r8i.96xlarge": 3_072, "r6idn.large": 16 },
    ...{
      "t2.nano": 0.5,
      "t3.micro": 1,
      "t3a.small": 2,
      "t4g.medium": 4,
      "t4g.large": 8,
      "t3.xlarge": 16,
      "t4g.2xlarge": 32,
    },
    ...{ "c5n.large": undefined, "c4.large": undefined, "m4.large": undefined, "c7g.metal": undefined },
    ...{
      "i4i.large": undefined,
      "x2gd.large": undefined,
      "g5.xlarge": undefined,
      "mac2.metal": undefined,
      "": undefined,
    },
  };
  for (const [type, gib] of Object.entries(memory)) {
    it(`${type}: memory, ${gib ? `${gib} GiB` : "unknown"}`, () => {
      expect(memoryOf(type)).to.equal(gib === undefined ? undefined : gib * 1_024);
    });
  }

  // "Amazon EC2 accelerated computing instances".
  const gpus: Record<string, number | undefined> = {
    ...{ "g4dn.xlarge": 1, "g4dn.12xlarge": 4, "g4dn.16xlarge": 1, "g4dn.metal": 8, "g5.48xlarge": 8, "g6.xlarge": 1 },
    ...{ "g6.24xlarge": 4, "g6e.12xlarge": 4, "g6f.large": 1, "gr6.4xlarge": 1, "g7e.12xlarge": 2, "g7.48xlarge": 8 },
    ...{
      "p3.2xlarge": 1,
      "p3.16xlarge": 8,
      "p4d.24xlarge": 8,
      "p5.4xlarge": 1,
      "p5en.48xlarge": 8,
      "p6-b200.48xlarge": 8,
    },
    ...{ "g8.xlarge": undefined, "p7-x100.48xlarge": undefined },
  };
  for (const [type, count] of Object.entries(gpus)) {
    it(`${type}: GPUs, ${count ?? "unknown"}`, () => expect([hasGpu(type), gpusOf(type)]).to.deep.equal([true, count]));
  }
  it("no GPUs for types with AMD's, on arm64, and for types without GPUs", () => {
    for (const type of [
      "g4ad.xlarge",
      "g5g.xlarge",
      "c7g.large",
      "i4g.large",
      "trn1.2xlarge",
      "inf2.xlarge",
      "vt1.3xlarge",
      "",
    ]) {
      expect([hasGpu(type), gpusOf(type)], type).to.deep.equal([false, undefined]);
    }
  });

  // "Instance store volume limits", Amazon EC2.
  it("NVMe instance store by a “d”, and in some families without one", () => {
    for (const family of [
      ..."c5d c5ad c6gd c6id c7gd c8gd m5dn m6idn m8idb m5ad r5d r6gd r8id x2gd x2idn x2iedn x8aedz z1d hpc6id".split(
        " ",
      ),
      ..."i3 i3en i4i i4g i7ie i8g im4gn is4gen d3 d3en f2 g4dn g4ad g5 g6 g6e gr6 g7e p3dn p4d p4de p5 p5en p6-b200".split(
        " ",
      ),
    ]) {
      expect(hasInstanceStore(`${family}.xlarge`), family).to.equal(true);
    }
    for (const family of "c7g c7i c7i-flex c7gn m7a m6in r7iz t3 t4g g5g i2 d2 h1 x2iezn p3 inf2 a1 u7i-12tb hpc7g".split(
      " ",
    )) {
      expect(hasInstanceStore(`${family}.xlarge`), family).to.equal(false);
    }
  });
});
