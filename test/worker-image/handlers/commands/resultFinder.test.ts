import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { type FoundResult, maxKeptCharacters } from "../../../../worker-image/src/handlers/commands/foundResult";
import { ResultFinder } from "../../../../worker-image/src/handlers/commands/resultFinder";
import { LineReader } from "../../../../worker-image/src/support/lineReader";

describe("ResultFinder", () => {
  /** The result found in an output, and the lines for the log. Lines that begin with `progress` report it. */
  function find(output: string | Buffer, chunk = 65_536, folder?: string): { found: FoundResult; log: string[] } {
    const log: string[] = [];
    const finder = new ResultFinder(({ text }) => log.push(text), folder);
    const reader = new LineReader(
      maxKeptCharacters,
      (line) => (line.text.startsWith("progress") ? finder.progress() : finder.line(line)),
      (kept, rest) => finder.more(kept, rest),
    );
    const bytes = Buffer.from(output);
    for (let start = 0; start < bytes.length; start += chunk) reader.push(bytes.subarray(start, start + chunk));
    reader.end();
    return { found: finder.end(), log };
  }

  const results: [string, string, unknown][] = [
    [
      "json.tool",
      '{\n    "words": 120,\n    "pages": [\n        1,\n        2,\n        3\n    ]\n}\n',
      { words: 120, pages: [1, 2, 3] },
    ],
    ["indent=2", '[\n  "a.mp4",\n  "b.mp4"\n]\n', ["a.mp4", "b.mp4"]],
    ["indent=0", '{\n"a": [\n1,\n[\n2\n]\n]\n}', { a: [1, [2]] }],
    ["braces on lines of their own", '{"a":\n[1,2]\n}', { a: [1, 2] }],
    ["an opening at a line's end", 'begin\n{"a": {\n"b": "}"}}\n', { a: { b: "}" } }],
    ["the last of several", '{"a":1}\n{"b":2}\n', { b: 2 }],
    ["one before words", 'x\n{"a":1}\nbye\n[INFO] done\n', { a: 1 }],
    ["one before progress", '{"a":1}\nprogress 1 done\n', { a: 1 }],
    ["one after something that progress interrupted", '{"a":\nprogress 1\n{"b":2}\n', { b: 2 }],
    ["a byte order mark", '\ufeff{"a":1}\n', { a: 1 }],
    ["Windows line ends", '{\r\n  "a": 1\r\n}\r\n', { a: 1 }],
    [
      "a tag in brackets that isn't JSON",
      "[12:00:01] [main] starting\n[1/3] step\n[ 12%] built\n[INFO] 7\n",
      undefined,
    ],
    ["words with brackets", "a [b] (c) {d}\nfunction f() { return 1; }\nmap[a:1 b:2]\n", undefined],
    [
      "objects that JavaScript printed, with words after them",
      "{ a: 1, b: [ 2 ] }\n{\n  a: 1,\n  b: 'x'\n}\ndone\n",
      undefined,
    ],
    ["no output", "", undefined],
    ["empty lines", "\n\n", undefined],
    ["a number", "42\n", 42],
    ["a text", '"a"', "a"],
    ["a number after words and coloured numbers", "\u001b[32m17\u001b[0m\n[x] y\n3\n", 3],
    ["bytes that aren't UTF-8, in other lines", "\u0000", undefined],
  ];
  for (const [name, output, value] of results) {
    it(`takes ${name}`, () => {
      const expected = value === undefined ? { ok: true } : { ok: true, value };
      for (const chunk of [1, 3, 65_536]) expect(find(output, chunk).found).to.deep.equal(expected);
    });
  }

  const refused: [string, string | Buffer, RegExp][] = [
    ["NaN of Python", '17\n{"mean": NaN}\n', /got \{"mean": NaN\}.*no NaN.*JOB_RESULT_FILE/],
    ["NaN in several lines", '{\n  "mean": NaN,\n  "n": 3\n}\n', /no NaN/],
    ["NaN alone", "NaN\n", /no NaN/],
    ["NaN before words", '{"mean": NaN}\nbye\n', /no NaN/],
    ["a dictionary of Python", "{'mean': 1.5}\n", /json\.dumps/],
    ["a list of Python", "[None, True]\n", /json\.dumps/],
    ["an object of JavaScript", "{ a: 1 }\n", /got \{ a: 1 \}/],
    ["an object of JavaScript in several lines", "{\n  a: 1,\n  b: 2\n}\n", /names lack quotes/],
    ["coloured JSON", '\u001b[1;39m{"a":1}\u001b[0m\n', /colours/],
    [
      "coloured JSON in several lines",
      '\u001b[1;39m{\n  \u001b[34m"a"\u001b[0m: 1\n\u001b[1;39m}\u001b[0m\n',
      /colours/,
    ],
    ["JSON without its end", '{\n  "a": [\n    1,\n    2\n', /isn't closed/],
    ["a list without its end", '[\n  "a.mp4",\n  "b.mp4"\n', /isn't closed/],
    ["a line without its end", '{"a": [1, 2\n', /isn't closed/],
    ["JSON without its beginning", '  "a": 1\n}\n', /got \}/],
    ["a list without its beginning", '  "b.mp4"]\n', /got "b\.mp4"\]/],
    ["JSON behind words", '....{"a": 1}\n', /got \.\.\.\.\{/],
    ["JSON behind words, after a number", '17\nresult: {"a": 1}\nbye\n', /got result/],
    ["JSON before words", '{"a": 1} done\n', /got \{"a": 1\} done/],
    ["two values in a line", '{"a":1} {"b":2}\n', /got \{"a":1\}/],
    ["words in between", "[\n  1,\nWARN slow\n  2\n]\n", /isn't JSON/],
    ["words in between, and no end", "[\n1,\nWARN slow\n2\n", /isn't JSON/],
    ["a trailing comma", '{"a": 1,}\n', /got \{"a": 1,\}/],
    ["a text without its end", '"abc\n', /got "abc/],
    [
      "numbers that a double can't hold",
      '{"ids": [1, 12345678901234567890]}\n',
      /at \/ids\/1: .*got 12345678901234567890.*as a text/,
    ],
    ["bytes that aren't UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a]), /UTF-8/],
  ];
  for (const [name, output, message] of refused) {
    it(`refuses ${name}`, () => {
      for (const chunk of [1, 65_536]) {
        const { found } = find(output, chunk);
        if (found.ok) throw new Error(`Expected a refusal, got ${JSON.stringify(found)}`);
        expect(found.message)
          .to.match(message)
          .and.match(/^Expected the result as one JSON value, got /);
      }
    });
  }

  it("logs what is no result, each line once", () => {
    expect(find('a\n{"a":1}\nb\n{"c":2}\nd\n').log).to.deep.equal(["a", "b", '{"a":1}', "d"]);
    expect(find("[\n1,\nWARN slow\n2\n]\n").log).to.deep.equal(["[", "1,", "WARN slow", "2", "]"]);
    const finder = new ResultFinder(({ text }) => log.push(text));
    const log: string[] = [];
    finder.line({ text: '{"a":', length: 5 });
    finder.line({ text: "1}", length: 2 });
    finder.logAll();
    expect(log).to.deep.equal(['{"a":', "1}"]);
    expect(finder.end()).to.deep.equal({ ok: true });
  });

  it("gives size and digest of a result that is too large to be kept, however valid", () => {
    const item = "x".repeat(1_000);
    for (const indent of [undefined, 2]) {
      for (const count of [100, 3_000]) {
        const text = JSON.stringify(
          Array.from({ length: count }, () => item),
          null,
          indent,
        );
        const isKept = text.length <= maxKeptCharacters;
        const told = isKept ? JSON.stringify(JSON.parse(text)) : text;
        const { found } = find(`begin\n${text}\nbye\n`);
        expect(found).to.have.nested.property("omitted.bytes", Buffer.byteLength(told));
        expect(found).to.have.nested.property("omitted.sha256", createHash("sha256").update(told).digest("hex"));
        expect(find(`begin\n${text.slice(0, -10)}`).found.ok, "cut").to.equal(false);
      }
    }
    expect(find(`"${"x".repeat(2_000_000)}"`).found).to.have.nested.property("omitted.bytes", 2_000_002);
    expect(find(`"${"x".repeat(2_000_000)}\n`).found.ok).to.equal(false);
    expect(find(`${"x".repeat(2_000_000)}\n7`).found).to.deep.equal({ ok: true, value: 7 });
  });

  it("puts it into a file of the folder, and keeps no other there", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "finder-"));
    // A character of two code units crosses each bound.
    const long = `["${"𝄞".repeat(700_000)}",\n"${"𝄞".repeat(700_000)}"]`;
    for (const [output, wanted, left] of [
      [long, long, 1],
      [`{"a": 1}\n${long}\n`, long, 1],
      [`${long}\n${long}\nbye`, long, 1],
      [`${long}\n["${"y".repeat(70_000)}"]\n`, `["${"y".repeat(70_000)}"]`, 1],
      [`${long}\n7\n`, undefined, 0],
      [`${long}\n{"a":\nno\n}\n`, undefined, 0],
      [`[\n${long.slice(2)}\nno\n`, undefined, 0],
    ] as const) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      const { found } = find(output, 60_001, folder);
      const file = found.ok ? found.file : undefined;
      expect(file && readFileSync(file.path, "utf8"), output.slice(-20)).to.equal(wanted);
      if (file) expect(file.sha256).to.equal(createHash("sha256").update(wanted!).digest("hex"));
      expect(readdirSync(folder), output.slice(-20)).to.have.length(left);
    }
  });

  const words = fc.constantFrom(
    "starting",
    "[INFO] done",
    "50 % of 7",
    "a: b",
    "",
    "  indented",
    "it's done",
    "http://x/y?a=[1]&b",
  );
  const layout = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 9 }), fc.constantFrom("\t", " \t"));

  /** As Python prints with an indent of 0: line breaks without white space. */
  const print = (value: unknown, indent: string | number | undefined) =>
    indent === 0 ? JSON.stringify(value, null, 1).replace(/\n */g, "\n") : JSON.stringify(value, null, indent);

  it("takes any JSON value, however it is printed, with a log before it and after it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), layout, fc.array(words), fc.array(words), (value, indent, before, after) => {
        const output = [...before, print(value, indent), ...after].join("\n");
        expect(find(output).found).to.deep.equal({ ok: true, value: JSON.parse(JSON.stringify(value)) as unknown });
      }),
      { numRuns: 300 },
    );
  });

  it("takes no part of JSON that is cut, at its end or its beginning, or garbled", () => {
    const composite = fc.oneof(
      fc.array(fc.jsonValue(), { minLength: 1 }),
      fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
    );
    const spot = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(composite, layout, fc.array(words), spot, (value, indent, before, at) => {
        const text = print(value, indent);
        const cut = text.slice(0, 1 + Math.floor(at * (text.length - 1)));
        expect(find([...before, cut].join("\n")).found.ok, cut).to.equal(false);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(
        composite,
        layout,
        spot,
        fc.constantFrom("\u001b[0m", "WARN ", "\n!\n", "NaN", "{", "'"),
        (value, indent, at, noise) => {
          const text = print(value, indent);
          const place = Math.floor(at * text.length);
          const garbled = text.slice(0, place) + noise + text.slice(place);
          const { found } = find(garbled);
          // A short list behind words may be part of the words.
          if (!found.ok || !("value" in found)) return;
          // What the noise left whole is the whole of it: noise within a text, or before it.
          expect([text.trim(), garbled.trim()].map((each) => safe(each))).to.deep.include(found.value);
        },
      ),
      { numRuns: 500 },
    );
  });

  function safe(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      return Symbol("no JSON");
    }
  }
});
