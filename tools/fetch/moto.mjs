// Makes sure that a moto server can be started for the parity suite: installs it from PyPI into a virtual environment.
import { join } from "node:path";
import { isMain } from "../project.mjs";
import { binariesOf, installOnce } from "./pythonTool.mjs";

/** Pinned: the suite lists where moto differs from AWS, one by one. */
const motoVersion = "5.2.5";
const name = `moto-${motoVersion}`;

export const motoServer = join(binariesOf(name), "moto_server");
/** The Python that has moto, and botocore with it. */
export const motoPython = join(binariesOf(name), "python");

if (isMain(import.meta.url)) {
  installOnce(name, {
    expected: "Python 3.10 or newer, on which the parity suite runs moto, as `python3`",
    packages: [`moto[server]==${motoVersion}`],
  });
}
