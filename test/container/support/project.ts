import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../contract/packageRoot";
import { shellCommands } from "../../docs/shellCommands";
import { baseName } from "./base";
import { type Engine, run } from "./engine";

const root = packageRoot();

/** A folder as the documents' `docker build` commands expect it: worker-image, an image on top of it, and secrets. */
export interface Project {
  folder: string;
  /** Runs the document's one command that has the text in it, as it is written. */
  build(document: string, having: string, more?: { flags?: string }): Promise<void>;
}

/**
 * Nothing but the platform of the commands is another one, since the base is for this machine alone; the network, since
 * the engine has only the host's; and the base where the Dockerfile pins it, since a stand-in has another digest.
 */
export function createProject(engine: Engine, name: string, home: Record<string, string> = {}): Project {
  const folder = join(engine.folder, name);
  const image = join(folder, "worker-image");
  mkdirSync(image, { recursive: true });
  for (const file of ["Dockerfile", ".dockerignore", "fonts.conf", "package.json", "package-lock.json", "dist"]) {
    cpSync(join(root, "worker-image", file), join(image, file), { recursive: true });
  }
  const readme = readFileSync(join(root, "worker-image", "README.md"), "utf8");
  const block = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)![1]!;
  const own = join(folder, "my-worker");
  mkdirSync(join(own, "processors"), { recursive: true });
  writeFileSync(join(own, "Dockerfile"), block("dockerfile"));
  writeFileSync(join(own, "count.py"), block("python"));
  writeFileSync(join(own, "processors", "pages.js"), pages);
  for (const [file, text] of Object.entries(home)) writeFileSync(join(folder, file), text);
  const platform = `linux/${process.arch === "x64" ? "amd64" : "arm64"}`;
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const wrapper = `#!/bin/bash\nexec '${engine.client}' build --network host --build-arg NODE_IMAGE=${baseName} $MORE "\${@:2}"\n`;
  writeFileSync(join(bin, "docker"), wrapper);
  chmodSync(join(bin, "docker"), 0o755);
  return {
    folder,
    build: async (document, having, { flags = "" } = {}) => {
      const found = shellCommands().filter(
        ({ file, text }) => file === document && text.startsWith("docker build ") && text.includes(having),
      );
      if (found.length !== 1) throw new Error(`Expected one docker build in ${document}, got ${found.length}`);
      const command = found[0]!.text.replace(/linux\/(arm64|amd64)/, platform);
      const env = { ...engine.env, PATH: `${bin}:${process.env.PATH}`, HOME: folder, MORE: flags };
      await run("bash", ["-c", command], { cwd: folder, env });
    },
  };
}

/** A handler that needs the package which the README's image installs. */
const pages = `
const { PDFDocument } = require("pdf-lib");
module.exports = async function pages(job) {
  const document = await PDFDocument.create();
  for (let page = 0; page < job.payload.pages; page++) document.addPage();
  return { pages: document.getPageCount(), start: Buffer.from(await document.save()).toString("latin1", 0, 5) };
};
`;
