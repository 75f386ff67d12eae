import { paint } from "../cli/output/styled";
import { err } from "../cli/output/terminal";

/** Prints why a command failed, without a stack trace unless DEBUG is set, and ends the process. */
export function reportFailure(error: unknown): never {
  const text = error instanceof Error ? (process.env.DEBUG ? error.stack : error.message) : String(error);
  err.line([paint.red("✖"), ` ${text}`]);
  process.exit(1);
}
