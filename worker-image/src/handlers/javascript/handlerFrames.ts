import path from "node:path";
import { sourceScheme } from "../../../../contract/handlers/handlerBundle";
import { chainOf } from "../../support/errors";
import { read } from "../../support/plain";

/** Frames of the user's own code that an error keeps. */
const maxFrames = 5;

/** Those of the error itself, if its cause has some. */
const maxFramesBeforeCause = 3;

/** Characters of all of them, one a line: as many as a message attribute has. */
const maxFramesCharacters = 1_000;

const frameLine = /^\s+at (?:async )?(?:(.*?) \()?([^()]+?:\d+:\d+)\)?$/;

/** A frame of what isn't the program's in a handler's text. */
const entryLine = new RegExp(`^\\s+at .*\\b${sourceScheme}handler-entry\\.js:.*\\n?`, "gm");

/** Finds, in the stack of an error, the user's own code: neither a package's nor Node's nor the worker's. */
export class HandlerFrames {
  /** Folders of which paths within are shown without them, the innermost first. */
  private readonly folders: string[];
  private readonly ownFolders: string[];

  /**
   * @param modulePath the handler's module
   * @param workerFolder the worker's folder, with `dist` and `src`
   * @param isText true if the module is a text, not a file
   */
  constructor(
    private readonly modulePath: string,
    workerFolder: string,
    private readonly isText: boolean,
  ) {
    const within = (...parts: string[]) => path.join(workerFolder, ...parts) + path.sep;
    this.folders = [path.dirname(modulePath) + path.sep, within()];
    this.ownFolders = [
      within("src"),
      within("dist"),
      within("..", "contract"),
      path.join(path.sep, "contract", path.sep),
    ];
  }

  /**
   * Frames such as `check (jobs/invoice.ts:8:11)`; of an error with a cause its own first ones, then those of the
   * innermost cause. Never throws.
   */
  of(thrown: unknown): string[] | undefined {
    try {
      const [own, ...causes] = chainOf(thrown).flatMap((error) => {
        const frames = this.framesIn(read(error, "stack"));
        return frames.length > 0 ? [frames] : [];
      });
      const [first, ...rest] = (causes.at(-1) ?? []).filter((frame) => !own!.includes(frame));
      if (first === undefined) return own && bounded(own);
      return bounded([...own!.slice(0, maxFramesBeforeCause), `caused by ${first}`, ...rest]);
    } catch {
      // An error that can't be read has none.
      return undefined;
    }
  }

  /** The stack with source files as the program names them. */
  shown(stack: string | undefined): string | undefined {
    return stack
      ?.replace(entryLine, "")
      .replace(/^(\s+at .*?)([^\s()]+?:\d+:\d+\)?)$/gm, (_, start: string, place: string) => start + this.short(place));
  }

  private framesIn(stack: unknown): string[] {
    if (typeof stack !== "string") return [];
    return stack.split("\n").flatMap((line) => {
      const [, name, place] = frameLine.exec(line) ?? [];
      if (place === undefined || !this.isUsers(place)) return [];
      return [name === undefined ? this.short(place) : `${name.replace(/^Object\./, "")} (${this.short(place)})`];
    });
  }

  private isUsers(place: string): boolean {
    if (place.includes("node_modules/")) return false;
    if (place.startsWith(sourceScheme)) return !place.startsWith(`${sourceScheme}handler-entry.js`);
    const file = place.replace(/^file:\/\//, "");
    // The worker's bundle, if its source map isn't beside it.
    if (file.startsWith(`${__filename}:`)) return false;
    // An inline handler's text is no file; its source map says where its functions are.
    if (!path.isAbsolute(file) || (this.isText && file.startsWith(`${this.modulePath}:`))) return false;
    const isHandlers = file.includes(`${path.sep}processors${path.sep}`) || file.startsWith(this.folders[0]!);
    return isHandlers || !this.ownFolders.some((folder) => file.startsWith(folder));
  }

  private short(place: string): string {
    if (place.startsWith(sourceScheme)) return place.slice(sourceScheme.length);
    const file = place.replace(/^file:\/\//, "");
    const folder = this.folders.find((each) => file.startsWith(each));
    return folder === undefined ? file : file.slice(folder.length);
  }
}

function bounded(frames: string[]): string[] {
  let room = maxFramesCharacters + 1;
  const tooLong = frames.findIndex((frame) => (room -= frame.length + 1) < 0);
  return frames.slice(0, Math.min(maxFrames, tooLong < 0 ? maxFrames : tooLong));
}
