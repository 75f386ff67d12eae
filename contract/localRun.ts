import { isObject, jsonOf } from "./check";

/** A running local cloud's data for the command line and the client: kept in a file that only its owner may read. */
export interface LocalRun {
  /** Process id; once the process is gone, the rest no longer holds. */
  pid: number;
  /** Folder of the project that it runs; undefined if it runs none. */
  folder?: string | undefined;
  /** URL of the HTTP API, with a trailing slash. */
  url: string;
  /** Token for the controls under `/_local`. */
  token: string;
  /** Address of the AWS services. */
  endpoint: string;
  region: string;
  /** Keys for the AWS services, and for an API that requires signatures. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Authorisation that the API requires. */
  authorization: "none" | "iam" | "jwt";
  /** Token for an API that requires one. */
  bearerToken?: string;
  /** Stack outputs that hold its URL, alone or in a list: all their URLs, in order. @default - none */
  outputs?: Record<string, string[]> | undefined;
}

/** The folder of the files, one for each HTTP API, by the XDG Base Directory Specification. */
export function localRunFolder(environment: Record<string, string | undefined>, home: string): string {
  const state = environment.XDG_STATE_HOME;
  // The specification says to ignore a relative path.
  return `${state?.startsWith("/") ? state : `${home}/.local/state`}/batch-job-processor/runs`;
}

/** Undefined if the text is not such a file's. */
export function parseLocalRun(text: string): LocalRun | undefined {
  const value = jsonOf(text);
  if (!isObject(value) || !isObject(value.credentials)) return undefined;
  const { pid, folder, url, token, endpoint, region, credentials, authorization, bearerToken, outputs } = value;
  const { accessKeyId, secretAccessKey } = credentials;
  const texts = [url, token, endpoint, region, accessKeyId, secretAccessKey];
  const isComplete = typeof pid === "number" && texts.every((each) => typeof each === "string");
  const isKnown = authorization === "none" || authorization === "iam" || authorization === "jwt";
  const areTexts = [folder, bearerToken].every((each) => each === undefined || typeof each === "string");
  const areLists = isObject(outputs ?? {}) && Object.values(outputs ?? {}).every(isTexts);
  if (!isComplete || !isKnown || !areTexts || !areLists) return undefined;
  return value as unknown as LocalRun;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
