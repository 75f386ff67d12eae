import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../contract/packageRoot";

/** A command that a document tells its reader to type. */
export interface ShellCommand {
  file: string;
  text: string;
}

const documents = ["README.md", "CONTRIBUTING.md", "worker-image/README.md", ...filesIn("docs"), ...examples()];

/**
 * The commands in the `sh` blocks of all documents. Where some lines of a block begin with `$`, the others are output.
 */
export function shellCommands(): ShellCommand[] {
  return documents.flatMap((file) => {
    const text = readFileSync(join(packageRoot(), file), "utf8");
    const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block]) => block!);
    return blocks.flatMap((block) => commandsOf(block).map((command) => ({ file, text: command })));
  });
}

function commandsOf(block: string): string[] {
  const lines = block.replace(/\\\n\s*/g, "").split("\n");
  const prompted = lines.flatMap((line) => /^ *\$ (.*)/.exec(line)?.[1] ?? []);
  const typed = prompted.length > 0 ? prompted : lines;
  return typed.map((line) => line.replace(/\s+# .*/, "").trim()).filter((line) => line !== "");
}

function filesIn(folder: string): string[] {
  return readdirSync(join(packageRoot(), folder)).flatMap((name) => (/\.md$/.test(name) ? [`${folder}/${name}`] : []));
}

function examples(): string[] {
  return readdirSync(join(packageRoot(), "examples")).map((name) => `examples/${name}/README.md`);
}
