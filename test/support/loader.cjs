// Loads TypeScript without its types, which `npm run types` checks. Sucrase keeps every line where it is, so stack
// traces need no source maps: mapping the traces that Pulumi takes of each resource was a third of the time that tests
// took.
const { readFileSync } = require("node:fs");
const Module = require("node:module");

process.env.SUCRASE_OPTIONS = JSON.stringify({ disableESTransforms: true, preserveDynamicImport: true });
require("sucrase/register/ts");
delete process.env.SUCRASE_OPTIONS;

// As in the worker's bundle, a shell script is its text.
Module._extensions[".sh"] = (module, file) => {
  module.exports = { __esModule: true, default: readFileSync(file, "utf8") };
};
