import { packageRoot } from "../contract/packageRoot";
import { findProject, loadProgram, type Program, type Project } from "../local-cloud/index";

/** The outputs of the project's own program, index.ts. */
export interface OwnOutputs {
  url: string;
  queueUrls: Record<string, string>;
  dataBucket: string;
}

/** This package's own project, with the compiled program: that starts sooner than from its sources. */
export function ownStack(): { project: Project; program: Program } {
  const project = findProject(packageRoot());
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs where it is loaded
  return { project, program: { ...loadProgram(project), run: () => require("../index") as unknown } };
}
