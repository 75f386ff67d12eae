import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { packageRoot } from "../contract/packageRoot";

/** A file of the demo, and the job types that can process it. */
export interface DemoFile {
  path: string;
  name: string;
  /** Key in the data bucket; unique among the files. */
  key: string;
  jobTypes: ("word-count" | "checksum" | "thumbnail")[];
}

const pictureEndings = [".avif", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"];
const textEndings = [".md", ".txt"];

/**
 * The files that the user named, else the repository's own texts and pictures.
 *
 * @throws Error that names each path that isn't a readable file.
 */
export function chooseFiles(named: string[]): DemoFile[] {
  const problems: string[] = [];
  const files = (named.length > 0 ? named : ownFiles()).flatMap((path, index) => {
    try {
      if (!statSync(path).isFile()) throw new Error("it is not a file");
      const name = basename(path);
      return [{ path, name, key: `demo/${index + 1}-${name}`, jobTypes: jobTypesOf(path) }];
    } catch (error) {
      problems.push(`  ${path}: ${(error as Error).message}`);
      return [];
    }
  });
  if (problems.length > 0) throw new Error(`Expected files, could not read:\n${problems.join("\n")}`);
  return files;
}

function ownFiles(): string[] {
  const root = packageRoot();
  const inFolder = (folder: string, endings: string[]) =>
    readdirSync(join(root, folder))
      .filter((name) => endings.includes(extname(name)))
      .map((name) => join(root, folder, name));
  return [
    join(root, "LICENSE"),
    ...inFolder(".", textEndings),
    ...inFolder("docs/decisions", textEndings),
    ...inFolder("docs/pictures", pictureEndings),
  ];
}

function jobTypesOf(path: string): DemoFile["jobTypes"] {
  if (pictureEndings.includes(extname(path).toLowerCase())) return ["checksum", "thumbnail"];
  return isText(path) ? ["checksum", "word-count"] : ["checksum"];
}

/** Texts contain no zero bytes; the start of the file decides. */
function isText(path: string): boolean {
  return !readFileSync(path).subarray(0, 8_192).includes(0);
}
