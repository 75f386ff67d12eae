import { type Log, logLine } from "../../contract/log";

/** Logs to standard output. Lambda's console would put the line into another object, as a string. */
export const log: Log = (level, event, fields) => {
  process.stdout.write(logLine(Date.now(), level, event, fields) + "\n");
};
