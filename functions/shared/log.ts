import { createLog } from "../../contract/log";

/** Logs to standard output. Lambda's console would put the line into another object, as a string. */
export const log = createLog((line) => process.stdout.write(line + "\n"), {}, Date.now);
