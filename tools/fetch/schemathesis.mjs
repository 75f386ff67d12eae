// Makes sure that Schemathesis can be run for the suite of the OpenAPI document: installs it from PyPI into a virtual
// environment.
import { join } from "node:path";
import { isMain } from "../project.mjs";
import { binariesOf, installOnce } from "./pythonTool.mjs";

/** Pinned: another version may check more. */
const version = "4.32.5";
const name = `schemathesis-${version}`;

export const schemathesis = join(binariesOf(name), "schemathesis");

if (isMain(import.meta.url)) {
  installOnce(name, {
    expected: "Python 3.10 or newer, on which the suite runs Schemathesis, as `python3`",
    packages: [`schemathesis==${version}`],
  });
}
