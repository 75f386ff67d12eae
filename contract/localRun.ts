import { isObject } from "./check";

/** What the command line and the client need to know of a local cloud that runs: kept in a file that its owner alone may read. */
export interface LocalRun {
  /** Of the process; when it is gone, nothing here holds any more. */
  pid: number;
  /** Of the HTTP API, with a slash at its end. */
  url: string;
  /** Opens the controls under `/_local`. */
  token: string;
  /** Address of the AWS services. */
  endpoint: string;
  region: string;
  /** For the AWS services, and for an API that asks for signatures. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** How the API wants to be called. */
  authorization: "none" | "iam" | "jwt";
  /** For an API that asks for tokens. */
  bearerToken?: string;
}

/** The folder of the files, one for each HTTP API, as the XDG Base Directory Specification has it. */
export function localRunFolder(environment: Record<string, string | undefined>, home: string): string {
  const state = environment.XDG_STATE_HOME;
  // A relative path there is to be ignored.
  return `${state?.startsWith("/") ? state : `${home}/.local/state`}/batch-job-processor/runs`;
}

/** Nothing where the text is none of ours. */
export function parseLocalRun(text: string): LocalRun | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isObject(value.credentials)) return undefined;
  const { pid, url, token, endpoint, region, credentials, authorization, bearerToken } = value;
  const { accessKeyId, secretAccessKey } = credentials;
  const texts = [url, token, endpoint, region, accessKeyId, secretAccessKey];
  const isComplete = typeof pid === "number" && texts.every((each) => typeof each === "string");
  const isKnown = authorization === "none" || authorization === "iam" || authorization === "jwt";
  if (!isComplete || !isKnown || (bearerToken !== undefined && typeof bearerToken !== "string")) return undefined;
  return value as unknown as LocalRun;
}
