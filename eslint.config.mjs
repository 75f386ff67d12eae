import js from "@eslint/js";
import imports from "eslint-plugin-simple-import-sort";
import unicorn from "eslint-plugin-unicorn";
import tseslint from "typescript-eslint";
import comments from "./tools/lintComments.mjs";
import functions from "./tools/lintFunctions.mjs";

/**
 * Imports that each folder may have, beside itself, Node's modules and the packages of package.json: CONTRIBUTING's map
 * as rules.
 */
const mayImport = {
  contract: [],
  functions: ["contract", "@aws-sdk"],
  "functions/*/rules": ["contract"],
  components: ["contract", "@pulumi"],
  "components/aws": ["contract", "components/pulumi", "@pulumi"],
  "components/pulumi": ["@pulumi"],
  "components/boot": ["contract", "components/aws"],
  "components/handlers": ["contract", "components/aws", "@pulumi"],
  "components/args": [
    "contract",
    "components/pulumi",
    "components/aws",
    "components/boot",
    "components/handlers",
    "@pulumi",
  ],
  "components/network": ["contract", "components/pulumi", "components/aws", "components/args", "@pulumi"],
  "components/pipeline": ["contract", "components/pulumi", "components/aws", "components/args", "@pulumi"],
  plugin: ["contract", "components", "@pulumi"],
  "worker-image": ["contract", "@aws-sdk"],
  "local-cloud": ["contract", "@aws-sdk", "@pulumi"],
  client: ["contract", "@aws-sdk"],
  cli: ["contract", "client", "local-cloud", "@aws-sdk"],
  console: ["contract"],
  testing: ["contract", "components", "client"],
  demo: ["contract", "index", "cli", "client", "local-cloud", "@aws-sdk"],
  examples: ["@aws-sdk", "@pulumi"],
  bench: ["contract", "functions", "components", "worker-image", "local-cloud", "test", "@aws-sdk", "@pulumi"],
};

const parentOf = (folder) => folder.slice(0, Math.max(0, folder.lastIndexOf("/")));

/**
 * Names that only a folder that lists them may import: the folders at the top and, for one within another, those beside
 * it.
 */
const othersOf = (folder) => [
  ...Object.keys(mayImport).filter((other) => parentOf(other) === "" || parentOf(other) === parentOf(folder)),
  ...["index", "test", "tools", "@aws-sdk", "@pulumi"],
];

/**
 * A pattern that meets the folder by relative path, or the package scope. Folders within one folder meet by their last
 * name.
 */
const patternOf = (name) =>
  name.startsWith("@") ? `^${name}/` : `^\\.\\.?/(\\.\\./)*${name.replace(/.*\//, "")}(/|$)`;

/** Imported by its folder it would be the compiled package, of sources that may have changed since. */
const clientFolder = { regex: "^(\\.\\./)+client$", message: "Expected client/index, got the folder client." };

/** A package of its own, whose face is its index. */
const localCloud = {
  regex: "^(\\.\\./)+local-cloud/(?!index$)",
  message: "Expected local-cloud/index, got a part of it.",
};

const directions = Object.entries(mayImport).map(([folder, names]) =>
  directionOf(folder, [folder, parentOf(folder), ...names]),
);

function directionOf(folder, names) {
  const patterns = othersOf(folder)
    .filter((name) => !names.includes(name))
    .map((name) => ({ regex: patternOf(name), allowTypeImports: false, message: `${folder} doesn't know ${name}.` }));
  patterns.push(clientFolder, localCloud);
  return {
    files: [`${folder}/**/*.{ts,tsx}`],
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
  };
}

export default tseslint.config(
  { ignores: ["**/dist/", "node_modules/", "out/"] },
  js.configs.recommended,
  {
    plugins: { comments, imports, unicorn },
    rules: {
      "comments/voice": "error",
      // Node's modules, packages, then our own files from afar to near.
      "imports/imports": ["error", { groups: [["^\\u0000", "^node:", "^@?\\w", "^\\.\\./", "^\\./"]] }],
      "unicorn/numeric-separators-style": ["error", { number: { minimumDigits: 4, groupLength: 3 } }],
    },
  },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { disallowTypeAnnotations: false, fixStyle: "inline-type-imports" },
      ],
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: "error",
      "no-console": "off",
    },
  },
  {
    files: ["**/*.{ts,tsx,mjs}"],
    ignores: ["{test,bench,examples}/**"],
    plugins: { functions },
    rules: { "functions/own-lines": "error" },
  },
  {
    files: ["components/**/*.ts"],
    rules: { "@typescript-eslint/prefer-nullish-coalescing": ["error"] },
  },
  ...directions,
  {
    // A program as a user writes it: what the package exports, and no more.
    files: ["index.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": ["error", { patterns: [{ regex: "^\\.(?!/components$)" }] }],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.object.type='ThisExpression'][callee.property.name='timeout']",
          message:
            "No test depends on speed: wait for the event. package.json's scripts have the limits against hangs.",
        },
      ],
      // chai's assertions are properties.
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-restricted-imports": ["error", { patterns: [clientFolder] }],
    },
  },
  {
    // They are compiled against the built package, by the tests that run them.
    files: ["examples/**/*.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    rules: {
      "@typescript-eslint/consistent-type-imports": "off",
      "@typescript-eslint/no-floating-promises": "off",
      "@typescript-eslint/switch-exhaustiveness-check": "off",
      "@typescript-eslint/no-require-imports": "off",
    },
  },
  {
    files: ["examples/**/*.js"],
    languageOptions: {
      sourceType: "commonjs",
      globals: { console: "readonly", exports: "readonly", process: "readonly", require: "readonly" },
    },
  },
  {
    files: ["{test,tools}/**/*.cjs"],
    languageOptions: { globals: { process: "readonly" } },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", fetch: "readonly" } },
  },
);
