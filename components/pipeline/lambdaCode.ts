import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { packageRoot } from "../../contract/packageRoot";

/** The Lambda functions whose text the package's build makes. */
export type LambdaName = "frontend" | "operator" | "router" | "repair" | "removal" | "scaler";

/** The parts of dist/lambdas/manifest.json that this module reads. */
interface Manifest {
  /** Digest of the text's sources and tools. */
  digest: string;
  lambdas: Record<LambdaName, { sha256: string }>;
}

/** Text by file, read once per process. */
const known = new Map<string, string>();

/**
 * Text of a Lambda function's module, which exports `handler`: a closure that Pulumi serialised when the package was
 * built (docs/decisions/0012-lambda-text-from-the-build.md). The same text on each machine, whatever Node or
 * TypeScript it has.
 *
 * @throws `pulumi.RunError` if the text is missing or damaged, or made from other sources than those beside the
 * package.
 */
export function lambdaCode(name: LambdaName, root = packageRoot()): string {
  const file = join(root, "dist", "lambdas", `${name}.js`);
  const before = known.get(file);
  if (before !== undefined) return before;
  const text = readChecked(name, file, root);
  known.set(file, text);
  return text;
}

function readChecked(name: LambdaName, file: string, root: string): string {
  const isCheckout = existsSync(join(root, "functions"));
  const remedy = isCheckout ? "run npm run build" : "install batch-job-processor again";
  let text: string;
  let manifest: Manifest;
  try {
    text = readFileSync(file, "utf8");
    manifest = JSON.parse(readFileSync(join(root, "dist", "lambdas", "manifest.json"), "utf8")) as Manifest;
  } catch (error) {
    throw new pulumi.RunError(`Expected the Lambda code in ${file}, got ${(error as Error).message}: ${remedy}`);
  }
  if (isCheckout && manifest.digest !== digestOfSources(root)) {
    throw new pulumi.RunError("functions/ or contract/ changed since the Lambda code was built: run npm run build");
  }
  if (createHash("sha256").update(text).digest("hex") !== manifest.lambdas[name].sha256) {
    throw new pulumi.RunError(`Expected the Lambda code that the build wrote to ${file}, got another text: ${remedy}`);
  }
  return text;
}

/** The published package has neither the sources nor the tools. */
function digestOfSources(root: string): string {
  const file = join(root, "tools", "build", "lambdaDigest.cjs");
  const { lambdaDigest } = createRequire(file)(file) as { lambdaDigest: (root: string) => string };
  return lambdaDigest(root);
}
