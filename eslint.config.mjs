import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Folders that files of a folder may not import, after the arrows of the README's map. */
const forbidden = {
  contract: ["functions", "components", "worker-image", "local-cloud", "client", "cli", "demo", "@pulumi", "@aws-sdk"],
  functions: ["components", "worker-image", "local-cloud", "client", "cli", "demo", "@pulumi"],
  components: ["worker-image", "local-cloud", "client", "cli", "demo", "plugin"],
  plugin: ["contract", "functions", "worker-image", "local-cloud", "client", "cli", "demo"],
  "worker-image": ["functions", "components", "local-cloud", "client", "cli", "demo", "@pulumi"],
  "local-cloud": ["functions", "worker-image", "plugin", "client", "cli", "demo"],
  client: ["functions", "components", "worker-image", "local-cloud", "cli", "demo", "@pulumi"],
  cli: ["functions", "components", "worker-image", "plugin", "demo", "@pulumi"],
  demo: ["contract", "functions", "components", "worker-image", "plugin"],
};

/** A pattern that meets the folder by relative path, or the package scope. */
const patternOf = (name) => (name.startsWith("@") ? `^${name}/` : `^(\\.\\./)+${name}(/|$)`);

const directions = Object.entries(forbidden).map(([folder, names]) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: names.map((name) => ({
          regex: patternOf(name),
          allowTypeImports: false,
          message: `${folder}/ doesn't know ${name}.`,
        })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["**/dist/", "node_modules/", "out/", "functions/frontend/schemaEvaluator.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: "error",
      "no-console": "off",
    },
  },
  {
    files: ["functions/**/*.ts"],
    // What is serialised requires its packages inside itself.
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: ["components/**/*.ts"],
    rules: { "@typescript-eslint/prefer-nullish-coalescing": ["error"] },
  },
  ...directions.map((direction) => ({
    ...direction,
    rules: { "@typescript-eslint/no-restricted-imports": direction.rules["no-restricted-imports"] },
  })),
  {
    files: ["test/**/*.ts"],
    rules: {
      // chai's assertions are properties.
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // They are compiled against the built package, by the tests that run them.
    files: ["examples/**/*.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    rules: {
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
    files: ["**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", fetch: "readonly" } },
  },
);
