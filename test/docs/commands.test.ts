import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { isRunHere } from "./runHere";
import { shellCommands } from "./shellCommands";

const read = (file: string) => readFileSync(join(packageRoot(), file), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
/** The lines that CI runs: those of its scripts, and those that each npm script among them runs in turn. */
const ci = [read(".ci/run"), read(".ci/nightly")].flatMap((text) => linesOf(text));
const isRunByCi = (command: string) => ci.some((line) => withoutVariables(line).startsWith(withoutVariables(command)));

/** Commands that CI can't run, and why. */
const needsMore: [pattern: RegExp, reason: string][] = [
  [/^(aws|eval "\$\(aws|curl --aws-sigv4) /, "asks AWS itself"],
  [/^pulumi /, "deploys to AWS; test/engine deploys the same programs with the same CLI to the local cloud"],
  [/^npm install( |$)/, "needs a project of the reader's; test/package installs the packed package into some"],
  [/^(npm ci && )?npm pack( --silent)?$/, "is what test/package installs"],
  [/^cd \.\. && npx --package \S+\.tgz batch-job-processor init /, "writes a project; test/package types it"],
  [/^npx batch-jobs submit greet '\{"name": "Ada"\}' --wait$/, "needs the written project; test/package submits there"],
  [
    /^npx batch-jobs (failures|retry) .*--stack production/,
    "asks a stack on AWS; test/cli and the journeys ask local ones",
  ],
  [/^batch-jobs retry --type /, "asks at a terminal; test/cli answers"],
  [/^batch-jobs drill /, "needs two regions; test/cli has them"],
  [/^npm start$/, "is what the start of README runs; in a written project test/package runs it"],
  [/^npx batch-jobs submit invoice /, "needs that example's stack; test/examples submits to it"],
  [/^(mkdir|cd) /, "makes room for the line after it"],
  [/"database\.internal"/, "needs a database in the reader's own network; test/examples has the job reach a server"],
  [/^\(umask 077; echo 'SIGNING_KEY: /, "writes the file that test/local-cloud/secrets reads"],
  [/^npx batch-jobs (submit sign |local$)/, "needs that file; test/examples brings the program up with what it holds"],
  [/^python3 -m venv /, "asks PyPI; test/engine does it where the Pulumi CLI has Python"],
  [/^docker build /, "needs Docker, and a base from Docker Hub; test/container builds the same on a base of its own"],
  [/^(npx )?batch-jobs .*--output urls\b/, "asks two regions on AWS; test/examples and test/cli do it here"],
  [/^npm run pin-base$/, "asks Docker Hub; test/tools has it ask a registry of its own"],
  [
    /^npm publish( --workspace client --workspace local-cloud)?$/,
    "is a person's act; test/tools tries what it runs first",
  ],
  [/^npm run docs$/, "writes what npm run check compares"],
  [/^\(cd \.\.\/\.\. && npm ci\)$/, "is the install that CI begins with, from the example's folder"],
];

describe("the commands in the documents", () => {
  for (const { file, text } of shellCommands()) {
    it(`${file}: ${text}`, () => {
      const isExcused = needsMore.some(([pattern]) => pattern.test(text));
      const isCovered = isRunByCi(text) || isRunHere({ file, text }) || isExcused;
      expect(isCovered, "run by CI, run by test:docs, or a reason why not").to.equal(true);
    });
  }

  it("are scripts that exist", () => {
    for (const { text } of shellCommands()) {
      const name = /^npm run (?:-s )?([\w:-]+)/.exec(text)?.[1];
      if (name) expect(scripts, text).to.have.property(name);
    }
  });

  it("install the package from the file that npm pack makes, since it is on no registry", () => {
    const { name, version } = JSON.parse(read("package.json")) as { name: string; version: string };
    const installs = shellCommands().filter(({ text }) => /^npm install .*batch-job/.test(text));
    expect(installs.length).to.be.greaterThan(3);
    for (const { file, text } of installs) {
      const [, installed] = /(\S*batch-job\S*)/.exec(text)!;
      expect([`../${name}/${name}-${version}.tgz`, `../${name}/${name}-VERSION.tgz`], `${file}: ${text}`).to.include(
        installed,
      );
    }
    // Elsewhere npx would ask the registry for whatever has the command's name.
    for (const { file, text } of shellCommands()) {
      if (/\bnpx /.test(text)) expect(text, file).to.match(/^npx batch-jobs |npx --package \S+\.tgz /);
    }
  });

  it("include every script that a person may run, and CI runs each", () => {
    const internal = /^(pre|build$|prepare$|format$|docs$|pin-base$|circles$)/;
    for (const name of Object.keys(scripts).filter((script) => !internal.test(script))) {
      const ways = [`npm run ${name}`, `npm ${name}`];
      expect(ways.some(isRunByCi) || isRunHere({ file: "README.md", text: ways[1]! }), name).to.equal(true);
    }
  });
});

function linesOf(text: string): string[] {
  return text.split(/\n\s*| && /).flatMap((line) => {
    const name = /^npm (?:run )?([\w:-]+)/.exec(withoutVariables(line))?.[1];
    const script = name && scripts[name];
    return script ? [line, ...linesOf(script)] : [line];
  });
}

/** A command less the variables before it, which only choose among its parts. */
function withoutVariables(command: string): string {
  return command.replace(/^(\S+=\S+ )+/, "");
}
