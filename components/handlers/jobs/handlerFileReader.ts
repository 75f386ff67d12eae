import { bundleHandler } from "../bundle/bundleHandler";
import { HandlerProblems } from "../bundle/bundleProblems";
import { type BundleSource } from "../bundle/bundleSource";
import { loadJobs } from "./loadJobs";
import { type FilesToRead, type HandlerFile } from "./readHandlerFiles";

/** Entry of the process that bundles handlers' files and reads their definitions, and prints all of it as JSON. */
async function readFiles({ sources, limitSeconds }: FilesToRead): Promise<HandlerFile[]> {
  const files = await Promise.all(sources.map(bundled));
  const defined = Object.fromEntries(
    files.flatMap(({ text }, index) => (text?.includes(definitionMark) ? [[String(index), text]] : [])),
  );
  for (const [index, loaded] of await loadJobs(defined, limitSeconds)) {
    const file = files[Number(index)]!;
    if ("declaration" in loaded) {
      file.declaration = loaded.declaration;
      const { place, problems } = loaded.declaration ?? { problems: [] };
      file.problems.push(...problems.map((problem) => `${place}: ${problem}`));
    } else if ("problem" in loaded) {
      file.problems.push(
        `${sources[Number(index)]!.name} can't be loaded to read defineJob, which is done without credentials and ` +
          `environment variables: move what needs them into \`handle\`. ${loaded.problem}`,
      );
    }
  }
  return files;
}

/** A bundle without it has no definition, so nothing of it is run. */
const definitionMark = `"batch-job-processor.job"`;

async function bundled(source: BundleSource): Promise<HandlerFile> {
  try {
    return { ...(await bundleHandler(source)), problems: [] };
  } catch (error) {
    if (!(error instanceof HandlerProblems)) throw error;
    return { inputs: [], problems: error.problems };
  }
}

let input = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => (input += String(chunk)));
process.stdin.once("end", () => {
  void readFiles(JSON.parse(input) as FilesToRead).then((files) => process.stdout.write(JSON.stringify(files)));
});
