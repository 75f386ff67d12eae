import { basename, join, relative, sep } from "node:path";
import type { Program, Project } from "../../local-cloud/index";
import { paint, type Styled, styled } from "../output/styled";
import type { RunningStack } from "./bringUp";

/** Milliseconds without a further change before a change counts: editors write a file in several steps. */
const quietMilliseconds = 60;

/** Folders of a project in which nothing is its code. */
const ignored = new Set(["node_modules", ".git", "dist", "out", "venv", ".venv", "__pycache__"]);

export interface WatchOptions {
  project: Project;
  program: Program;
  /** Folder of the run's own data, in which nothing is code. */
  dataFolder: string | undefined;
  running: Pick<RunningStack, "redeploy">;
  /** Prints a line. */
  say: (line: Styled) => Promise<void>;
}

/**
 * Redeploys the program whenever a file of the project's folder changes, or one outside of it that the program requires
 * or a handler imports; one line says what changed and how long it took, or what is wrong. Runs until the process ends.
 */
export async function watch({ project, program, dataFolder, running, say }: WatchOptions): Promise<void> {
  const { watch: watchFiles } = await import("chokidar");
  const outside = new Set<string>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isDeploying = false;

  const watcher = watchFiles(project.folder, {
    ignored: (path) => path === dataFolder || (path !== project.folder && ignored.has(basename(path))),
    ignoreInitial: true,
  });
  watcher.on("all", (_event, path) => {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => void redeploy(), quietMilliseconds);
  });
  watchOutside();
  await new Promise<void>((resolve) => watcher.once("ready", resolve));

  /** Watches the program's and its handlers' files that are elsewhere, such as another package of its workspace. */
  function watchOutside(): void {
    const files = program.files().filter((file) => !file.startsWith(join(project.folder, sep)));
    const added = files.filter((file) => !outside.has(file));
    for (const file of added) outside.add(file);
    if (added.length > 0) watcher.add(added);
  }

  /** One at a time; what changes meanwhile comes next. */
  async function redeploy(): Promise<void> {
    if (isDeploying) return;
    isDeploying = true;
    while (changed.size > 0) {
      const files = [...changed];
      changed.clear();
      await redeployAfter(files);
    }
    isDeploying = false;
  }

  async function redeployAfter(files: string[]): Promise<void> {
    const begun = performance.now();
    const what = files.map((file) => relative(project.folder, file)).join(", ");
    program.forget(files);
    try {
      await running.redeploy(files).finally(watchOutside);
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      await say(styled`${paint.green("✔")} ${what}: deployed in ${seconds} s`);
    } catch (error) {
      const place = program.placeOf(error);
      const reason = `${place ? `${place}: ` : ""}${(error as Error).message}`;
      await say([paint.red("✖"), ` ${what}: what ran before goes on, since\n  ${reason}`]);
    }
  }
}
