import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { bytesOf } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import {
  checkSubmission,
  decodeEnvelope,
  decodeMessage,
  encodeEnvelope,
  type JobEnvelope,
  packEnvelopes,
} from "../../../contract/messages/envelope";

const fixtures = join(__dirname, "../fixtures");
const envelope: JobEnvelope = {
  version: 1,
  id: "job-1",
  type: "word-count",
  payload: { text: "a b" },
  submittedAt: "2026-11-02T10:00:00.000Z",
};

function pathsOf(checked: ReturnType<typeof decodeEnvelope> | ReturnType<typeof checkSubmission>): string[] {
  return checked.ok ? [] : checked.problems.map(({ path }) => path);
}

/** An array in an array in an array… */
function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

describe("labels", () => {
  const problemsOf = (labels: unknown) => pathsOf(checkSubmission({ type: "echo", payload: 1, labels }));
  const ten = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`label-${index}`, 'größe/1:"\\']));

  it("are at most ten short names with visible characters", () => {
    for (const labels of [undefined, {}, ten, { a: "x".repeat(100) }, { ["a".repeat(40)]: "雪" }]) {
      expect(problemsOf(labels), JSON.stringify(labels)).to.deep.equal([]);
    }
    const deep = JSON.parse(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`) as unknown;
    for (const labels of [
      ...[null, [], "a", 1, deep, { ...ten, more: "1" }, { A: "1" }, { "1a": "1" }, { "": "1" }, { a_b: "1" }],
      ...[{ a: "" }, { a: " " }, { a: "x y" }, { a: "x".repeat(101) }, { a: 1 }, { a: null }, { a: { b: "1" } }],
      ...[{ a: "\n" }, { a: "\u200b" }, { a: "\ud800" }, { ["a".repeat(41)]: "1" }, { __proto__x: "1" }],
    ]) {
      expect(problemsOf(labels), String(JSON.stringify(labels === deep ? "deep" : labels))).to.deep.equal(["/labels"]);
    }
  });
});

describe("envelope", () => {
  describe("golden envelopes", () => {
    for (const file of readdirSync(fixtures).filter((name) => !name.includes(".message."))) {
      it(`reads ${file} and writes it again with nothing lost`, () => {
        const text = readFileSync(join(fixtures, file), "utf8");
        const decoded = decodeEnvelope(text);
        if (!decoded.ok) throw new Error(JSON.stringify(decoded.problems));
        expect(JSON.parse(encodeEnvelope(decoded.value))).to.deep.equal(JSON.parse(text));
      });
    }

    it("reads each job of several.message.json by itself", () => {
      const decoded = decodeMessage(readFileSync(join(fixtures, "several.message.json"), "utf8"));
      if (!decoded.ok) throw new Error("Expected the message to be read");
      expect(decoded.value.map(({ job }) => job.ok)).to.deep.equal([true, false, false, true]);
    });

    it("leaves no prototype changed by proto-key.json", () => {
      const decoded = decodeEnvelope(readFileSync(join(fixtures, "proto-key.json"), "utf8"));
      expect(decoded.ok && Object.keys(decoded.value.payload as object)).to.deep.equal(["__proto__", "constructor"]);
      expect({}).to.not.have.property("polluted");
    });
  });

  it("round-trips any payload, in text that SQS takes", () => {
    const payloads = fc.oneof(fc.jsonValue({ maxDepth: 5 }), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(payloads, (payload) => {
        const normal = JSON.parse(JSON.stringify(payload)) as unknown;
        const text = encodeEnvelope({ ...envelope, payload: normal });
        // eslint-disable-next-line no-control-regex
        expect(text).to.not.match(/[\u0000-\u001f\ufffe\uffff]|[\ud800-\udfff]/u);
        const decoded = decodeEnvelope(text);
        expect(decoded.ok && decoded.value.payload).to.deep.equal(normal);
      }),
    );
  });

  const refusals: [string, unknown, string][] = [
    ["an array", [], ""],
    ["null", null, ""],
    ["a text", "job", ""],
    ["no version", { ...envelope, version: undefined }, "/version"],
    ["an unknown version", { ...envelope, version: 2 }, "/version"],
    ["a version as text", { ...envelope, version: "1" }, "/version"],
    ["no id", { ...envelope, id: undefined }, "/id"],
    ["an empty id", { ...envelope, id: "" }, "/id"],
    ["an id with a slash", { ...envelope, id: "a/b" }, "/id"],
    ["an id with a line break at its end", { ...envelope, id: "a\n" }, "/id"],
    ["an id of 81 characters", { ...envelope, id: "a".repeat(81) }, "/id"],
    ["a number as id", { ...envelope, id: 7 }, "/id"],
    ["no type", { ...envelope, type: undefined }, "/type"],
    ["a type in capitals", { ...envelope, type: "Word" }, "/type"],
    ["a type of 41 characters", { ...envelope, type: "a".repeat(41) }, "/type"],
    ["a type that ends in a hyphen", { ...envelope, type: "a-" }, "/type"],
    ["no payload", { ...envelope, payload: undefined }, "/payload"],
    ["a payload nested too deep", { ...envelope, payload: JSON.parse(nested(65)) as unknown }, "/payload"],
    ["no time", { ...envelope, submittedAt: undefined }, "/submittedAt"],
    ["a time that is none", { ...envelope, submittedAt: "soon" }, "/submittedAt"],
    ["an empty tenant", { ...envelope, tenant: "" }, "/tenant"],
    ["a tenant with a space", { ...envelope, tenant: "a b" }, "/tenant"],
    ["a tenant of 129 characters", { ...envelope, tenant: "a".repeat(129) }, "/tenant"],
    ["null as tenant", { ...envelope, tenant: null }, "/tenant"],
    ["a time not to run before that is none", { ...envelope, notBefore: "soon" }, "/notBefore"],
    ["no attempts", { ...envelope, maxAttempts: 0 }, "/maxAttempts"],
    ["half an attempt", { ...envelope, maxAttempts: 1.5 }, "/maxAttempts"],
    ["101 attempts", { ...envelope, maxAttempts: 101 }, "/maxAttempts"],
  ];
  for (const [what, value, path] of refusals) {
    it(`refuses ${what}`, () => {
      expect(pathsOf(decodeEnvelope(JSON.stringify(value)))).to.deep.equal([path]);
    });
  }

  it("refuses what is not JSON", () => {
    for (const text of ["", "{", "undefined", "\ufeff{}"]) expect(pathsOf(decodeEnvelope(text))).to.deep.equal([""]);
  });

  it("names every field that is wrong", () => {
    expect(pathsOf(decodeEnvelope('{"version":1}'))).to.deep.equal(["/id", "/type", "/payload", "/submittedAt"]);
  });

  it("accepts the limits themselves", () => {
    const atLimits = {
      ...envelope,
      id: "a".repeat(80),
      type: "a".repeat(40),
      payload: "a".repeat(239_998),
      tenant: "~".repeat(128),
      maxAttempts: 100,
    };
    expect(pathsOf(decodeEnvelope(JSON.stringify(atLimits)))).to.deep.equal([]);
    expect(
      pathsOf(decodeEnvelope(JSON.stringify({ ...envelope, payload: JSON.parse(nested(64)) as unknown }))),
    ).to.deep.equal([]);
  });

  it("refuses 100,000 levels without running out of stack", () => {
    const text = `{"version":1,"id":"a","type":"a","submittedAt":"2026-11-02","payload":${nested(100_000)}}`;
    expect(pathsOf(decodeEnvelope(text))).to.deep.equal(["/payload"]);
  });
});

describe("checkSubmission", () => {
  it("keeps the known fields alone", () => {
    const checked = checkSubmission({ type: "a", payload: 1, id: "x", tenant: "t", version: 9, maxAttempts: 5 });
    expect(checked).to.deep.equal({
      ok: true,
      value: { type: "a", payload: 1, payloadBytes: 1, id: "x", tenant: "t" },
    });
  });

  it("counts the payload's bytes as a message has them, none of an uploaded one", () => {
    const bytesIn = (job: object) => {
      const checked = checkSubmission({ type: "a", ...job });
      return checked.ok && checked.value.payloadBytes;
    };
    expect(bytesIn({ payload: { text: "größe \uffff" } })).to.equal(bytesOf('{"text":"größe \\uffff"}'));
    expect(bytesIn({ payloadRef: { bytes: 300_000, sha256: "0".repeat(64) } })).to.equal(0);
  });

  it("refuses a payload over the limit, escapes included", () => {
    for (const payload of ["a".repeat(239_999), "\uffff".repeat(40_000)]) {
      expect(pathsOf(checkSubmission({ type: "echo", payload }))).to.deep.equal(["/payload"]);
    }
    expect(pathsOf(checkSubmission({ type: "echo", payload: "a".repeat(239_998) }))).to.deep.equal([]);
  });

  it("names every field that is wrong, and marks a payload that is too large", () => {
    const checked = checkSubmission({ type: 1, payload: "a".repeat(240_000), id: {}, tenant: [] });
    expect(pathsOf(checked)).to.deep.equal(["/type", "/payload", "/id", "/tenant"]);
    expect(!checked.ok && checked.problems[1]!.code).to.equal("payload-too-large");
  });

  it("takes a delay or a time, not both", () => {
    const job = { type: "a", payload: 1 };
    for (const delay of [
      { delaySeconds: 0 },
      { delaySeconds: limits.maxDelaySeconds },
      { runAt: "2026-11-23T12:00Z" },
      { runAt: "2028-02-29T12:00:00Z" },
      { runAt: "2026-11-23T12:00:00.123456789+14:00" },
    ]) {
      expect(checkSubmission({ ...job, ...delay })).to.deep.equal({
        ok: true,
        value: { ...job, payloadBytes: 1, ...delay },
      });
    }
    expect(pathsOf(checkSubmission({ ...job, delaySeconds: 1, runAt: "2026-11-23T12:00Z" }))).to.deep.equal(["/runAt"]);
  });

  for (const delaySeconds of [-1, 0.5, limits.maxDelaySeconds + 1, "1", null, Infinity]) {
    it(`refuses a delay of ${JSON.stringify(delaySeconds)}`, () => {
      expect(pathsOf(checkSubmission({ type: "a", payload: 1, delaySeconds }))).to.deep.equal(["/delaySeconds"]);
    });
  }

  const noDays = ["2026-02-30T12:00:00Z", "2027-02-29T12:00:00+01:00", "2016-12-31T23:59:60Z"];
  for (const runAt of [
    "",
    "tomorrow",
    "2026-11-23",
    "2026-11-23T12:00:00",
    "2026-13-40T12:00:00Z",
    ...noDays,
    1,
    null,
  ]) {
    it(`refuses the time ${JSON.stringify(runAt)}`, () => {
      expect(pathsOf(checkSubmission({ type: "a", payload: 1, runAt }))).to.deep.equal(["/runAt"]);
    });
  }

  it("takes null as a payload, but not its absence", () => {
    expect(checkSubmission({ type: "a", payload: null }).ok).to.equal(true);
    expect(pathsOf(checkSubmission({ type: "a" }))).to.deep.equal(["/payload"]);
  });
});

describe("packEnvelopes", () => {
  const envelopes = fc.array(
    fc.nat({ max: 239_000 }).map((length) => ({ ...envelope, payload: "a".repeat(length) })),
    { maxLength: 8 },
  );

  it("keeps order, loses none, and makes messages that fit SNS with room for attributes", () => {
    fc.assert(
      fc.property(envelopes, (all) => {
        const messages = packEnvelopes(all);
        expect(messages.flatMap(({ jobs }) => jobs)).to.deep.equal(all);
        for (const { body, jobs } of messages) {
          expect(jobs).to.not.have.length(0);
          expect(bytesOf(body)).to.be.at.most(limits.maxMessageBytes - limits.attributeBytes);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("writes one job as an object and several as an array", () => {
    const job = { ...envelope, payload: "\uffff" };
    expect(packEnvelopes([job])).to.deep.equal([{ body: encodeEnvelope(job), jobs: [job] }]);
    const [message, ...more] = packEnvelopes([job, envelope]);
    expect(more).to.deep.equal([]);
    expect(message!.body).to.equal(`[${encodeEnvelope(job)},${encodeEnvelope(envelope)}]`);
  });
});
