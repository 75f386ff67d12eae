import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../contract/packageRoot";

interface Documents {
  withParts: (path: string, parts: { begin: string; end: string; part: string }[]) => string;
  writeDocument: (path: string, text: string) => Promise<void>;
}

/** Puts a text into a document, between the mark of the command that makes it and the mark of the end. */
export async function writeInto(path: string, command: string, text: string): Promise<void> {
  const tool = pathToFileURL(join(packageRoot(), "tools", "documents", "document.mjs")).href;
  const { withParts, writeDocument } = (await import(tool)) as Documents;
  const part = { begin: `<!-- begin: ${command} -->`, end: "<!-- end -->", part: text };
  await writeDocument(path, withParts(path, [part]));
}
