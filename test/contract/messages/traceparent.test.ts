import { expect } from "chai";
import { readTraceparent } from "../../../contract/messages/traceparent";

const ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

describe("traceparent", () => {
  it("is read as version 00, whatever a later version adds", () => {
    expect(readTraceparent(`00-${ids}-01`)).to.equal(`00-${ids}-01`);
    expect(readTraceparent(`cc-${ids}-01`)).to.equal(`00-${ids}-01`);
    expect(readTraceparent(`cc-${ids}-01-what-comes-then`)).to.equal(`00-${ids}-01`);
    const short = `00-${"0".repeat(31)}1-${"0".repeat(15)}1-00`;
    expect(readTraceparent(short)).to.equal(short);
  });

  for (const [what, text] of [
    ["none", undefined],
    ["an empty one", ""],
    ["the forbidden version", `ff-${ids}-01`],
    ["more than version 00 has", `00-${ids}-01-more`],
    ["something behind the flags", `cc-${ids}-01.more`],
    ["no trace id", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
    ["no span id", `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01`],
    ["capital letters", `00-${ids.toUpperCase()}-01`],
    ["a short trace id", `00-${ids.slice(1)}-01`],
    ["several headers in one", `00-${ids}-01,00-${ids}-01`],
    ["the id of a job", "job:a"],
  ] as const) {
    it(`is ignored if it has ${what}`, () => expect(readTraceparent(text)).to.equal(undefined));
  }
});
