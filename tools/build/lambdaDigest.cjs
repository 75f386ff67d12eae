// Digest of the sources and tools of the Lambdas' text. The build writes it beside the text, and
// components/pipeline/lambdaCode.ts compares the two if the sources are beside the package, in a checkout.
const { createHash } = require("node:crypto");
const { readdirSync, readFileSync } = require("node:fs");
const { join, relative, sep } = require("node:path");

/** Sources of the Lambdas' text: files, and packages by their versions. */
const sources = [
  "functions",
  "contract",
  "tools/build/lambdas.mjs",
  "tools/build/undocumented.mjs",
  "tools/build/lambdaDigest.cjs",
];
const packages = ["esbuild", "@pulumi/pulumi", "terser", "typescript"];

/** All files below the paths, by their names within the root, in a constant order. */
function filesOf(root, paths) {
  const files = paths.flatMap((path) => {
    const entries = /\.\w+$/.test(path)
      ? undefined
      : readdirSync(join(root, path), { recursive: true, withFileTypes: true });
    if (!entries) return [path];
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
  });
  // A folder may be a package, with what was built of it.
  const sourcesOnly = files.filter(
    (file) => !file.split(sep).some((part) => part === "dist" || part === "node_modules"),
  );
  return sourcesOnly.map((file) => file.split(sep).join("/")).sort();
}

/** SHA-256 of the names and the content of all files below the paths. */
function digestOf(root, paths) {
  const hash = createHash("sha256");
  for (const file of filesOf(root, paths)) {
    const content = readFileSync(join(root, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

/** Versions of the packages that make the text. */
function versionsOf(root) {
  return Object.fromEntries(
    packages.map((name) => {
      const { version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
      return [name, version];
    }),
  );
}

/** Digest of the Lambdas' sources in the package's folder, and of what makes text of them. */
function lambdaDigest(root) {
  return createHash("sha256")
    .update(digestOf(root, sources))
    .update(JSON.stringify(versionsOf(root)))
    .digest("hex");
}

module.exports = { digestOf, lambdaDigest, versionsOf };
