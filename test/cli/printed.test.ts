import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { renderFleet } from "../../cli/local/fleetView";
import { renderLine } from "../../cli/logLines";
import { renderLetter, renderLetters } from "../../cli/output/deadLetterTables";
import { renderJob, renderJobs, renderTypes } from "../../cli/output/jobTables";
import { plainTable } from "../../cli/output/plainTable";
import { oneLine, printable, printableJson } from "../../cli/output/printable";
import { cut, paint, render, type Styled, widthOf } from "../../cli/output/styled";
import { waitingLine } from "../../cli/waitForJobs";
import type { DeadLetter, Job, JobType } from "../../client/index";
import { packageRoot } from "../../contract/packageRoot";
import { renderJobs as renderDemoJobs } from "../../demo/table";
import { type CannedApi, problem, type SeenRequest, startCannedApi } from "../client/support";
import { runCli } from "./support";

/** Characters that control a terminal, line breaks apart. */
const obeyed = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

const hostile = [
  "\u001b[31mred",
  "\u001b[8m hidden",
  "\u009b8m hidden",
  "\u001b]0;title\u0007",
  "\u009d52;c;aGk=\u009c",
  "one\rtwo",
  "one\u0000\u007f\u0085two",
  "\u202egnp.exe\u202c\u2066x\u2069",
  "one\u2028two\u2029three",
  "\u0008\u0008\u000b\u000c",
];

/** Any text, and often one that a terminal would obey. */
const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...hostile), fc.string({ unit: "grapheme" }));

function expectHarmless(content: Styled): void {
  expect(render(content, false)).not.to.match(obeyed);
  expect(stripVTControlCharacters(render(content, true))).not.to.match(obeyed);
}

describe("what is printed", () => {
  const values = fc.array(anyText, { minLength: 12, maxLength: 12 });

  it("contains no control sequences, whatever the answers contain", () => {
    fc.assert(
      fc.property(values, fc.boolean(), ([a, b, c, d, e, f, g, h, i, j, k, l], isFull) => {
        const job = {
          id: a,
          type: b,
          state: "failed",
          attempts: 1,
          submittedAt: c,
          startedAt: d,
          finishedAt: e,
          runAt: f,
          cancelRequestedAt: g,
          progress: { fraction: 0.5, note: h },
          error: { name: i, message: j, code: k, frames: [l, a] },
          result: { [k!]: l },
          ...{ payload: { [a!]: b }, labels: { [c!]: d }, submittedBy: e, cancelledBy: f, retriedAt: g, retriedBy: h },
          ...{ replayOf: i, tenant: j, dataRemovedAt: k, dataRemovedBy: l },
          attemptLog: [{ attempt: 1, worker: a, startedAt: b, endedAt: c, outcome: d, error: { name: e, message: f } }],
        } as unknown as Job;
        for (const state of ["failed", "queued", "running"] as const) {
          const present = { ...job, state, ...(state === "queued" && { error: undefined }) };
          for (const reason of ["no-workers", "unknown"] as const) {
            const waiting = { reason, detail: a!, since: b, until: c, asOf: d! };
            expectHarmless(renderJob({ ...present, waiting }));
            expectHarmless(renderJobs([{ ...present, waiting }]));
            expectHarmless(waitingLine(e!, waiting, f));
          }
        }
        const type = { type: a, description: b, timeoutSeconds: 1, maxAttempts: 1 } as JobType;
        expectHarmless(renderTypes([type, { ...type, launchProblem: c }], new Date()));
        const letter = {
          type: a,
          messageId: b,
          id: c,
          reason: d,
          frames: [k, l],
          failedAt: e,
          submittedAt: f,
          tenant: g,
        } as DeadLetter;
        expectHarmless(renderLetters([letter, { ...letter, id: undefined, reason: undefined }]));
        expectHarmless(renderLetter({ ...letter, payload: { [h!]: i } }));
        expectHarmless(renderLetter({ ...letter, body: j }));
        const line = { at: k!, source: e!, level: "info", event: l!, message: a, stream: f, fields: { [b!]: c, d } };
        expectHarmless(renderLine(line, isFull));
        expectHarmless(renderLine({ ...line, attempt: 1 }, isFull));
        const row = {
          type: a!,
          visible: 1,
          inFlight: 0,
          desired: 1,
          inService: 1,
          pending: 0,
          terminating: 0,
          busy: 1,
        };
        expectHarmless(renderFleet([row], [{ at: new Date(), text: b! }], { columns: 80, rows: 24 }));
        const result = { sha256: c, bytes: 1 };
        const view = { id: a!, type: "checksum", state: b!, attempts: 1, result, submittedAt: d!, startedAt: e };
        expectHarmless(
          renderDemoJobs([{ type: "checksum", file: f!, payload: {}, view: view as Job<typeof result> }], 80),
        );
        expect(printableJson([a, { [b!]: c }])).not.to.match(obeyed);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the value of JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyText, fc.constantFrom(undefined, 2), (value, text, indent) => {
        const json = printableJson({ value, text }, indent);
        expect(json).not.to.match(obeyed);
        expect(JSON.parse(json)).to.deep.equal(JSON.parse(JSON.stringify({ value, text })));
      }),
    );
  });

  it("keeps line breaks only where several lines are allowed", () => {
    expect(printable("one\r\ntwo\nthree\tfour")).to.equal("one\ntwo\nthree four");
    expect(oneLine("one\r\ntwo\n\nthree\n")).to.equal("one two three");
    fc.assert(fc.property(anyText, (text) => void expect(oneLine(text)).not.to.match(/\n/)));
    expect(printable("äöü 漢字 👩‍👩‍👧 é")).to.equal("äöü 漢字 👩‍👩‍👧 é");
  });

  it("is cut between grapheme clusters, to the available columns", () => {
    const family = "👩‍👩‍👧";
    expect(render(cut(`x${family.repeat(3)}`, 6), false)).to.equal(`x${family}${family}…`);
    expect(render(cut("äe\u0301o", 3), false)).to.equal("äe\u0301o");
    expect(render(cut(["ab", paint.red("cdef"), "gh"], 5), true)).to.equal("ab\u001b[31mcd\u001b[39m…");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 40 }), (text, width) => {
        expect(widthOf(cut(oneLine(text), width))).to.be.at.most(width);
        expect(render(cut(text, width), false)).not.to.match(/\p{Surrogate}/u);
      }),
    );
  });

  it("fits the terminal where it is a table, and keeps what is never cut", () => {
    const columns = [
      { head: "ID" },
      { head: "TYPE", least: 6 },
      { head: "COUNT", rank: 1, align: "right" as const },
      { head: "TIME", rank: 2 },
      { head: "NOTE", least: 10, rank: 3 },
    ];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uuid(), anyText, fc.nat().map(String), anyText, anyText), { maxLength: 5 }),
        fc.integer({ min: 50, max: 200 }),
        (rows, width) => {
          const lines = render(plainTable(columns, rows, width), false).split("\n");
          expect(lines).to.have.length(rows.length + 1);
          lines.forEach((line, index) => {
            expect(widthOf(line), line).to.be.at.most(width);
            if (index > 0) expect(line.startsWith(rows[index - 1]![0])).to.be.true;
          });
        },
      ),
    );
  });

  it("passes the one filter: no other file writes to standard output or standard error", () => {
    const folders = ["cli", "cli/acts", "cli/commands", "cli/local", "cli/output", "demo"].map((folder) =>
      join(packageRoot(), folder),
    );
    const files = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => file.endsWith(".ts"))
        .map((file) => join(folder, file)),
    );
    expect(files.length).to.be.greaterThan(35);
    const writing = files.filter((file) =>
      /process\.std(out|err)\.write|console\.(log|error|info|warn)\(/.test(readFileSync(file, "utf8")),
    );
    expect(writing.map((file) => file.slice(packageRoot().length + 1))).to.deep.equal(["cli/output/terminal.ts"]);
  });

  describe("by the commands, of a malicious API", () => {
    const nasty = hostile.join("|");
    const times = { submittedAt: nasty, startedAt: nasty, finishedAt: nasty, runAt: nasty, cancelRequestedAt: nasty };
    const told = { progress: { fraction: 0.5, note: nasty }, error: { name: nasty, message: nasty }, result: nasty };
    const job = { id: `a${nasty}`, type: nasty, state: "failed", attempts: 1, ...times, ...told };
    const type = { type: nasty, description: nasty, timeoutSeconds: 60, maxAttempts: 3, launchProblem: nasty };
    const refusal = problem(422, "unknown-type", nasty, { errors: [{ path: nasty, message: nasty }] });
    let api: CannedApi;

    afterEach(() => api.close());

    const answer = ({ method, path }: SeenRequest) => {
      if (path.includes("/logs")) {
        const line = { at: nasty, source: nasty, level: nasty, event: nasty, message: nasty, stream: nasty };
        return { body: { lines: [line, { ...line, attempt: 1, fields: { [nasty]: nasty } }] } };
      }
      if (path.startsWith("/types")) return { body: { types: [type, { ...type, launchProblem: undefined }] } };
      if (path.startsWith("/jobs/refused")) return problem(404, "job-not-found", nasty);
      if (path.startsWith("/jobs/moved")) return { status: 302, headers: { location: "/%1b%5b8m%c2%9b" } };
      if (path.startsWith("/jobs/closed")) return { status: 403, body: { message: nasty } };
      if (path === "/jobs/batch")
        return { body: { results: [{ status: 422, problem: { code: "x", status: 422, detail: nasty } }] } };
      if (path.startsWith("/actions")) {
        const counts = { matched: 1, done: 1, skipped: 1, failed: 1 };
        const filter = { type: nasty, errorKey: nasty };
        const states = { state: "done", startedAt: nasty, finishedAt: nasty };
        const problems = [{ id: nasty, code: nasty }];
        const action = {
          id: `a${nasty}`,
          action: "retry",
          filter,
          counts,
          by: nasty,
          reason: nasty,
          ...states,
          problems,
        };
        return { body: path === "/actions" && method === "GET" ? { actions: [action] } : action };
      }
      if (path === "/failures") {
        const [errorKey, firstAt, lastAt] = [nasty, nasty, nasty];
        return { body: { failures: [{ type: nasty, errorKey, count: 1, firstAt, lastAt, example: job }] } };
      }
      if (path === "/jobs/retry")
        return { body: { results: [{ status: 409, problem: { code: "job-not-ended", status: 409, detail: nasty } }] } };
      if (method === "POST") return refusal;
      if (path.startsWith("/jobs/waits")) {
        const waiting = { reason: "no-workers", detail: nasty, since: nasty, until: nasty, asOf: nasty };
        return { body: { ...job, state: "queued", waiting } };
      }
      return { body: path.startsWith("/jobs?") ? { jobs: [job, { ...job, state: "running" }], cursor: nasty } : job };
    };

    for (const args of [
      ["types"],
      ["list"],
      ["status", "a"],
      ["status", "refused"],
      ["status", "moved"],
      ["status", "closed"],
      ["wait", "a"],
      ["wait", "a", "b"],
      ["cancel", "a"],
      ["submit", "nope", "{}"],
      ["submit", "nope", "--lines"],
      ["logs", "a"],
      ["logs", "a", "--full"],
      ["status", "waits"],
      ["logs", "waits"],
      ["wait", "waits", "--timeout", "0.1"],
      ["types", "retry", "a"],
      ["dead-letters", "redrive", "a"],
      ["actions"],
      ["actions", "show", "a"],
      ["retry", "--type", "t", "--yes"],
      ["failures"],
      ["status", "a\u009b8m"],
    ]) {
      it(`batch-jobs ${JSON.stringify(args.join(" "))}`, async () => {
        api = await startCannedApi(answer);
        for (const more of [[], ["--json"]]) {
          const env: Record<string, string> = more.length > 0 ? { CI: "true" } : { FORCE_COLOR: "1" };
          const { stdout, stderr } = await runCli([...args, ...more, "--url", api.url], { env, input: "{}" });
          expect(stdout + stderr).not.to.equal("");
          for (const text of [stdout, stderr]) {
            expect(more.length > 0 ? text : stripVTControlCharacters(text)).not.to.match(obeyed);
            // Our own colours are short.
            const codes = text.split("\u001b").slice(1);
            for (const code of codes) expect(code).to.match(/^\[(\d|2\d|3\d|90)m/);
          }
        }
      });
    }
  });
});
