import { expect } from "chai";
import { type Command } from "commander";
import { createProgram } from "../../cli/program";
import { type CannedAnswer, startCannedApi } from "../client/support";
import { runCli } from "./support";

const html = { headers: { "content-type": "text/html" }, body: "<!doctype html>\n<html>\n<h1>Welcome</h1>\n</html>\n" };

/** An answer whose lists have that element alone. */
function withElements(element: unknown): CannedAnswer {
  const names = ["jobs", "types", "actions", "failures", "schedules", "rows", "counts", "lines", "results"];
  return { body: { ...Object.fromEntries(names.map((name) => [name, [element]])), total: {} } };
}

/** Answers of something other than the API. 501 stands for all of 5xx: it isn't tried again. */
const answers: Record<string, CannedAnswer> = {
  "a page": html,
  nothing: { body: "" },
  "JSON that is cut off": { body: '{"jobs": [{"id": "a' },
  null: { body: "null" },
  "an array": { body: "[]" },
  "a text": { body: '"two\\nlines"' },
  "another object": { body: { message: "two\nlines" } },
  "lists of nulls": withElements(null),
  "lists of empty objects": withElements({}),
  "lists of numbers": withElements(5),
  "a redirect": { status: 302, headers: { location: "https://login.example.com/?secret" }, body: "" },
  "a page that isn't there": { status: 404, ...html },
  "a page that refuses": { status: 403, ...html },
  "a page of a proxy that fails": { status: 501, ...html },
};

/** Arguments after each command that calls the API. */
const commands: Record<string, string[]> = {
  submit: ["t", "1"],
  status: ["a"],
  list: [],
  cancel: ["a"],
  retry: ["a"],
  replay: ["a"],
  "remove-data": ["a"],
  wait: ["a"],
  logs: ["a"],
  "actions show": ["a"],
  "actions stop": ["a"],
  "actions follow": ["a"],
  "actions list": [],
  failures: [],
  types: [],
  "types history": ["t"],
  "types retry": ["t"],
  schedules: [],
  usage: [],
  "dead-letters list": [],
  "dead-letters show": ["a"],
  "dead-letters redrive": ["a"],
  "dead-letters purge": ["a", "--yes"],
  top: [],
  console: [],
  drill: ["--type", "t"],
};

const variants = [
  ["submit", "t", "1", "--wait"],
  ["retry", "--type", "t", "--yes"],
  ["retry", "--type", "t", "--dry-run"],
  ["dead-letters", "redrive", "--all"],
  ["dead-letters", "redrive", "--all", "--direct"],
  ["dead-letters", "purge", "--all", "--yes"],
  ["usage", "--by", "tenant"],
];

describe("batch-jobs, if something other than the API answers", () => {
  it("tries each command here", () => {
    const below = (command: Command): string[] =>
      command.commands.flatMap((each) => [each.name(), ...below(each).map((name) => `${each.name()} ${name}`)]);
    // The groups do nothing by themselves.
    const others = ["local", "actions", "dead-letters"];
    expect(below(createProgram())).to.have.members([...Object.keys(commands), ...others]);
  });

  for (const [name, answer] of Object.entries(answers)) {
    it(`says in a line what came and from where, and prints JSON or nothing: ${name}`, async () => {
      const api = await startCannedApi(() => answer);
      const all = Object.entries(commands).map(([command, args]) => [...command.split(" "), ...args]);
      const calls = [...all, ...variants].flatMap((args) => [args, [...args, "--json"]]);
      calls.push(["logs", "a", "--follow"], ["usage", "--csv"]);
      for (const args of calls) {
        const urls = args[0] === "drill" ? [api.url, api.url.replace("127.0.0.1", "localhost")] : [api.url];
        const { code, stdout, stderr } = await runCli([...args, ...urls.flatMap((url) => ["--url", url])]);
        const said = `${args.join(" ")}: ${stdout}${stderr}`;
        expect(code, said).to.equal(1);
        expect(`${stdout}${stderr}`, said).to.include(new URL(api.url).origin);
        expect(said).not.to.match(/undefined|Cannot|not iterable|is not a|Invalid|TypeError|RangeError|secret/);
        if (args.includes("--json")) expect(() => stdout && void JSON.parse(stdout), said).not.to.throw();
        if (args[0] === "drill") continue;
        if (!args.includes("--json")) expect(stdout, said).to.equal("");
        const [first, ...more] = stderr.trimEnd().split("\n");
        expect(first, said).to.match(/^✖ \S/);
        expect(
          more.every((line) => /^ {2}(Give the component's output|Check AWS_PROFILE)/.test(line)),
          said,
        ).to.equal(true);
        expect(more.length, said).to.be.lessThan(2);
      }
      await api.close();
    });
  }
});
