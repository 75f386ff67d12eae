// Makes the Lambdas' text in dist/lambdas: each is a closure that Pulumi serialises, once, when the package is built.
// `--if-stale` does so only if the sources differ from those of the present text.
//
// The order decides the size. The serialiser puts a block around each function that it meets, whose names no minifier
// may shorten; a bundle is one function that captures nothing. See docs/decisions/0012-lambda-text-from-the-build.md.
import { Buffer } from "node:buffer";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runInThisContext } from "node:vm";
import { deflateRaw } from "pako";
import { root } from "../project.mjs";
import digests from "./lambdaDigest.cjs";
import { undocumented } from "./undocumented.mjs";

const names = ["frontend", "operator", "router", "scaler", "repair", "removal"];

/** The text of a Lambda's module. */
async function textOf(name) {
  // They take longer to load than it takes to see that there is nothing to do.
  const [{ runtime }, { minify }] = await Promise.all([import("@pulumi/pulumi"), import("terser")]);
  const factory = runInThisContext(
    `(function () { "use strict"; let result;\n${await bundleOf(name)}\nreturn result(); })`,
  );
  const serialised = await runtime.serializeFunction(factory, {
    exportName: "handler",
    isFactoryFunction: true,
  });
  // Some tenth smaller than by esbuild. No function here is used as a constructor, as `unsafe_arrows` asks, and no
  // property is read for what that does, as `pure_getters` asks.
  const compress = { passes: 5, inline: 1, unsafe_arrows: true, pure_getters: true, lhs_constants: false };
  const { code } = await minify(withoutBlock(serialised.text), { ecma: 2_020, toplevel: true, compress });
  return code;
}

/** Everything that a Lambda's factory uses but packages, as statements that set `result`. */
async function bundleOf(name) {
  const { build } = await import("esbuild");
  // An entry that exports costs some 300 bytes of helpers.
  const contents = `import { ${name}Factory } from "./functions/${name}/lambda";\nresult = ${name}Factory;`;
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, sourcefile: "entry.js" },
    bundle: true,
    // terser names and writes it shorter.
    minifySyntax: true,
    platform: "node",
    // Local runs are Node 20's.
    target: "node20",
    // No text may depend on tsconfig.json.
    tsconfigRaw: "{}",
    format: "cjs",
    charset: "utf8",
    external: ["@aws-sdk/*"],
    logLevel: "error",
    write: false,
    plugins: [undocumented(["answers"])],
  });
  return withFewRequires(outputFiles[0].text);
}

/** One `require` and one variable for each package, instead of one for each file; and `import()` as a `require`. */
function withFewRequires(text) {
  const variables = new Map();
  const others = new Map();
  return (
    text
      .replace(/\b(import_\w+) = require\(("[^"]+")\)/g, (whole, variable, request) => {
        const known = variables.get(request);
        if (!known) return variables.set(request, variable) && whole;
        others.set(variable, known);
        // terser removes it.
        return "unused = 0";
      })
      .replace(/\bimport_\w+/g, (variable) => others.get(variable) ?? variable)
      // `import()` looks for no package on NODE_PATH, where Lambda and the local cloud have the SDK.
      .replace(/\bimport\(("[^"]+")\)/g, "Promise.resolve().then(()=>require($1))")
  );
}

/**
 * Without the block around the one function, which is empty, since the bundle captures nothing. Within it, each use of
 * a global such as `JSON` would be looked up at run time.
 */
function withoutBlock(text) {
  const parts = text.split(
    /with\(\{ this: undefined, arguments: undefined \}\) \{\n([^]*)\n {4}\}\n(?= {2}\}\)\.apply)/,
  );
  if (parts.length !== 3) throw new Error(`Expected one serialised function that captures nothing, got\n${text}`);
  return parts.join("");
}

/** Loads the text in a bare process and says what it requires; fails where it is not what Lambda can run. */
async function check(name, text) {
  const source = await readFile(join(root, "functions", name, "lambda.ts"), "utf8");
  const variables = [...source.matchAll(/(?:variable\("|process\.env\.)(\w+)/g)].map(([, variable]) => variable);
  const required = await requiredBy(
    text,
    Object.fromEntries(variables.map((variable) => [variable, variable.endsWith("_RULES") ? "{}" : "arn:a:b:c:d:e"])),
  );
  const foreign = required.filter((request) => !request.startsWith("@aws-sdk/") && !isPrefixed(request));
  if (foreign.length > 0) {
    throw new Error(`The Lambda ${name} requires ${foreign.join(" and ")}, which Lambda doesn't have`);
  }
}

const isPrefixed = (request) => request.startsWith("node:") && isBuiltin(request);

/** All that the text requires, loaded in an empty folder under no environment but the given one and the SDK. */
async function requiredBy(text, environment) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "lambda-")));
  try {
    await writeFile(join(folder, "index.js"), text);
    await writeFile(join(folder, "load.js"), loader);
    const sdk = dirname(dirname(dirname(createRequire(import.meta.url).resolve("@aws-sdk/client-sqs/package.json"))));
    const env = { ...environment, NODE_PATH: sdk, AWS_REGION: "us-east-1", NODE_NO_WARNINGS: "1" };
    const { stdout } = await promisify(execFile)(process.execPath, ["load.js"], { cwd: folder, env });
    // Loading doesn't run late calls of `require`.
    const late = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, request]) => request);
    return [...new Set([...JSON.parse(stdout), ...late])].sort();
  } finally {
    await rm(folder, { recursive: true });
  }
}

const loader = `
const Module = require("node:module");
const entry = require.resolve("./index.js");
const required = new Set();
const load = Module._load;
Module._load = function (request, parent) {
  if (parent && parent.filename === entry) required.add(request);
  return load.apply(this, arguments);
};
const { handler } = require(entry);
if (typeof handler !== "function") throw new Error("Expected a function, got " + typeof handler);
console.log(JSON.stringify([...required]));
`;

// Node's zlib counts otherwise where it is the system's, or zlib-ng.
const deflatedBytes = (text) => deflateRaw(text).length;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** Each file replaces its predecessor in one step, the manifest as the last: a process may read meanwhile. */
async function write(folder, files) {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const temporary = join(folder, `${name}.${process.pid}.tmp`);
    await writeFile(temporary, text);
    await rename(temporary, join(folder, name));
  }
  for (const name of await readdir(folder)) {
    if (!(name in files) && !name.endsWith(".tmp")) await rm(join(folder, name), { force: true });
  }
}

/** Makes the text of all Lambdas in the folder. */
export async function buildLambdas(folder = join(root, "dist", "lambdas")) {
  // A change while the build runs makes its text stale.
  const digest = digests.lambdaDigest(root);
  const texts = [];
  for (const name of names) texts.push(await textOf(name));
  await Promise.all(names.map((name, index) => check(name, texts[index])));
  const lambdas = Object.fromEntries(
    names.map((name, index) => {
      const text = texts[index];
      return [name, { bytes: Buffer.byteLength(text), deflatedBytes: deflatedBytes(text), sha256: sha256(text) }];
    }),
  );
  const manifest = { digest, versions: digests.versionsOf(root), lambdas };
  await write(folder, {
    ...Object.fromEntries(names.map((name, index) => [`${name}.js`, texts[index]])),
    "manifest.json": `${JSON.stringify(manifest, undefined, 2)}\n`,
  });
  return manifest;
}

/** True if the folder's text is of other sources than the present ones. */
export async function isStale(folder = join(root, "dist", "lambdas")) {
  try {
    const { digest } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    return digest !== digests.lambdaDigest(root);
  } catch {
    return true;
  }
}

if (process.argv[1] && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--if-stale") || (await isStale())) {
    const { lambdas } = await buildLambdas();
    for (const [name, { bytes, deflatedBytes: deflated }] of Object.entries(lambdas)) {
      console.log(`${name.padEnd(9)}${String(bytes).padStart(7)} bytes, ${String(deflated).padStart(6)} deflated`);
    }
  }
}
