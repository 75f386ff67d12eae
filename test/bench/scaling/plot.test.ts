import { expect } from "chai";
import { plot } from "../../../bench/scaling/plot";
import { rules } from "../../../bench/scaling/rules/all";
import { createTrace } from "../../../bench/scaling/traces";
import { type Trial } from "../../../bench/scaling/trial";

describe("plot", () => {
  it("draws a line and a name per rule, small enough for the repository", () => {
    const trials = rules.map(({ name }) => ({ result: { rule: name }, spans: [{ from: 86_400, until: 87_000 }] }));
    const svg = plot(createTrace("lonely", 0), trials as Trial[]);
    for (const { name } of rules) expect(svg).to.contain(`>${name.replace("'", "&#39;")}<`);
    expect(svg.match(/<path [^>]*fill="none"[^>]*stroke-width="(1.2|2.2)"/g)).to.have.length(rules.length);
    expect(svg).not.to.match(/NaN|undefined|Infinity/);
    expect(svg.length).to.be.below(30_000);
  });
});
