import { expect } from "chai";
import fc from "fast-check";
import { maskRunner } from "../../../worker-image/src/handlers/maskRunner";
import { type Runner, type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { createWorkerLog } from "../../../worker-image/src/support/log";
import { Masking } from "../../../worker-image/src/support/masking";
import { shorten, shortenMiddle } from "../../../worker-image/src/support/text";

const maskingOf = (...values: string[]) => {
  const masking = new Masking();
  masking.add(values);
  return masking;
};

describe("Masking", () => {
  it("hides values of 8 characters and more, wherever they stand", () => {
    const masking = maskingOf("hunter22", "short", "other-secret");
    expect(masking.text("hunter22: a hunter22other-secret, short")).to.equal("***: a ***, short");
    expect(masking.text("nothing")).to.equal("nothing");
  });

  it("hides what overlaps, as a whole", () => {
    expect(maskingOf("abcdefghij", "hijklmnop").text("<abcdefghijklmnop>")).to.equal("<***>");
    expect(maskingOf("abcdefgh", "abcdefghij").text("<abcdefghij>")).to.equal("<***>");
    expect(maskingOf("abababab").text("<ababababab>")).to.equal("<***>");
  });

  it("hides each line of a value of several, and what is left of one without its edges", () => {
    const masking = maskingOf("first line\r\n  second line\nx\n");
    expect(masking.text("second line | first line")).to.equal("*** | ***");
    expect(masking.text("x")).to.equal("x");
  });

  const forms: [string, (value: string) => string][] = [
    ["in JSON", (value) => JSON.stringify({ value })],
    ["in JSON within JSON", (value) => JSON.stringify(JSON.stringify({ value }))],
    ["in a URL", (value) => `postgres://jobs:${encodeURIComponent(value)}@host/db`],
  ];
  for (const [what, form] of forms) {
    it(`hides a value ${what}`, () => {
      const text = maskingOf('p"w\\d/ü @%').text(form('p"w\\d/ü @%'));
      expect(text).to.include("***").and.not.include("w").and.not.include("ü");
    });
  }

  it("hides what is left where a text was cut", () => {
    const masking = maskingOf("a-very-long-secret");
    for (let most = 20; most < 60; most++) {
      const text = `the password is a-very-long-secret ${"and so on ".repeat(20)}`;
      const [head] = masking.text(shorten(text, most)).split("…");
      expect(head, String(most)).not.to.match(/a-v/);
      const middle = masking.text(shortenMiddle(`${"so ".repeat(20)}a-very-long-secret is the password`, most));
      expect(middle, String(most)).not.to.match(/ret is/);
    }
  });

  it("hides every value in every text that has it", () => {
    const value = fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 });
    const text = fc.string({ unit: "grapheme", maxLength: 30 });
    const property = fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), fc.array(text), (values, texts) => {
      const masking = maskingOf(...values);
      const whole = texts.flatMap((each, index) => [each, values[index % values.length]!]).join("");
      const masked = masking.text(whole);
      // A mask may make a new text that looks like a value of asterisks alone.
      for (const each of values) if (/[^*]/.test(each)) expect(masked.includes(each)).to.equal(false);
    });
    fc.assert(property);
  });

  it("leaves log lines the JSON that they are, whatever the values", () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 }),
      fc.constantFrom('"level":"info"', '","event":"', "20260101", "12345678", '\\"\\"\\"\\"', "worker-started"),
    );
    const property = fc.property(value, fc.jsonValue(), (secret, field) => {
      const lines: string[] = [];
      const log = createWorkerLog(
        (line) => lines.push(line),
        { worker: "i-1" },
        () => 1_767_225_600_000,
        maskingOf(secret),
      );
      log("info", "worker-started", { field, message: `it is ${secret}`, count: 12_345_678 });
      const entry = JSON.parse(lines[0]!) as Record<string, unknown>;
      if (/[^*]/.test(secret))
        expect(JSON.stringify(entry.message)).not.to.include(JSON.stringify(secret).slice(1, -1));
      if (secret === "12345678") expect(entry.count).to.equal("***");
    });
    fc.assert(property);
  });

  it("costs a line nothing where there are no secrets", () => {
    const line = '{"a": 1}';
    expect(new Masking().line(line)).to.equal(line);
  });
});

describe("maskRunner", () => {
  const outcomeOf = (outcome: RunOutcome) => {
    const runner = { run: () => Promise.resolve(outcome) } as unknown as Runner;
    const job = { id: "a", type: "t", attempt: 1, payload: {}, submittedAt: "2026-01-01T00:00:00.000Z" };
    const events = { traceparent: "", onProgress: () => undefined, onLog: () => undefined };
    return maskRunner(runner, maskingOf("hunter22")).run(job, new AbortController().signal, events);
  };

  it("masks errors, stacks and reasons", async () => {
    const error = { name: "hunter22", message: "not hunter22" };
    expect(await outcomeOf({ kind: "failed", error, isPermanent: true, stack: "at hunter22" })).to.deep.equal({
      kind: "failed",
      error: { name: "***", message: "not ***" },
      isPermanent: true,
      stack: "at ***",
    });
    expect(await outcomeOf({ kind: "given-back", reason: "hunter22 is locked" })).to.deep.equal({
      kind: "given-back",
      reason: "*** is locked",
    });
  });

  it("leaves results as they are", async () => {
    const outcome: RunOutcome = { kind: "succeeded", result: { password: "hunter22" } };
    expect(await outcomeOf(outcome)).to.equal(outcome);
  });
});
