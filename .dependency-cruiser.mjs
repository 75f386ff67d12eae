/**
 * Circles of imports are errors, type imports included: among files, and among the folders of one level. So are imports
 * against the order within a folder, which eslint.config.mjs can't see.
 */
export default {
  forbidden: [
    { name: "no-circle-of-files", severity: "error", from: {}, to: { circular: true } },
    { name: "no-circle-of-folders", severity: "error", scope: "folder", from: {}, to: { circular: true } },
    {
      name: "rules-are-pure",
      severity: "error",
      from: { path: "^functions/[^/]+/rules/" },
      to: { pathNot: "^(contract|functions/[^/]+/rules)/" },
    },
    {
      name: "the-local-cloud-is-above-its-services",
      severity: "error",
      from: { path: "^local-cloud/", pathNot: "^local-cloud/(pulumi/|engine/|index|cloud\\.ts)" },
      to: { path: "^local-cloud/(pulumi/|engine/|index|cloud\\.ts)" },
    },
    {
      name: "a-worker's-parts-don't-know-the-whole",
      severity: "error",
      from: { path: "^worker-image/src/[^/]+/", pathNot: "^worker-image/src/(job|traces)/" },
      to: { path: "^worker-image/src/((worker|main)\\.ts|job/)" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    exclude: { path: "(^|/)(node_modules|dist)/" },
  },
};
