import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
  changedKeys,
  decode,
  encodeState,
  unknown,
  unwrap,
  type WireProperties,
} from "../../../local-cloud/engine/wire";

const mark = "4dabf18193072939515e22adb298388d";
const archive = (hash: string, assets?: WireProperties) => ({
  [mark]: "0def7320c3a5731c473e5ecbe6d01bc7",
  hash,
  ...(assets && { assets }),
});
const asset = (text: string) => ({ [mark]: "c44067f5952c0a294b673a41bacd8c17", hash: "h", text });
const secret = (value: string) => ({ [mark]: "1b47061264138c4ac30d75fd1eb44270", value });

describe("the engine's wire format", () => {
  it("gives handlers archives, and neither secrets' marks nor a check's own keys", async () => {
    const inputs = decode({
      name: "n",
      nothing: null,
      __defaults: ["name"],
      code: archive("1", { "index.js": asset("text"), "empty.js": asset("") }),
      list: [{ password: secret("x") }],
    });
    expect(Object.keys(inputs)).to.deep.equal(["name", "code", "list"]);
    expect(inputs.list).to.deep.equal([{ password: "x" }]);
    const assets = await (inputs.code as pulumi.asset.AssetArchive).assets;
    const texts = Object.values(assets).map((each) => (each as pulumi.asset.StringAsset).text);
    expect(await Promise.all(texts)).to.deep.equal(["text", ""]);
  });

  it("hands back as it came what a handler passed on", () => {
    const wire = { code: archive("1", { "index.js": asset("text") }), name: "n" };
    const inputs = decode(wire);
    const state = encodeState({ ...inputs, arn: "arn:n", gone: undefined }, wire, inputs);
    expect(state).to.deep.equal({ ...wire, arn: "arn:n" });
    expect(state.code).to.equal(wire.code);
  });

  it("finds what differs: archives by their hashes, with or without what is in them", () => {
    const before = { code: archive("1"), same: { a: [1, { b: null }] }, gone: 1, __defaults: ["x"] };
    const after = { code: archive("1", { "index.js": asset("text") }), same: { a: [1, {}] }, added: unknown };
    expect(changedKeys(before, after)).to.deep.equal(["gone", "added"]);
    expect(changedKeys({ code: archive("1") }, { code: archive("2") })).to.deep.equal(["code"]);
  });

  it("treats an output without a value as one that a preview can't know", () => {
    const output = (value?: string) => ({
      [mark]: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
      dependencies: [],
      ...(value !== undefined && { value }),
    });
    expect(unwrap([output("x"), output(), { deep: secret("y") }])).to.deep.equal(["x", unknown, { deep: "y" }]);
  });
});
