import { packageRoot } from "../local-cloud/program/packageFolder";
import { findProject, type Project } from "../local-cloud/program/project";

/** The outputs of the project's own program, index.ts. */
export interface OwnOutputs {
  url: string;
  queueUrls: Record<string, string>;
  dataBucket: string;
}

/** This package's own project, with the compiled program: that starts sooner than from its sources. */
export function ownStack(): { project: Project; program: () => unknown } {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs where it is loaded
  return { project: findProject(packageRoot()), program: () => require("../index") as unknown };
}
