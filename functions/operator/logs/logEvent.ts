/** A line in CloudWatch Logs. */
export interface LogEvent {
  id: string;
  /** Epoch milliseconds. */
  timestamp: number;
  /** The worker's instance, or a name with that of the function in it. */
  stream: string;
  text: string;
}

export interface LogSearch {
  group: string;
  /** The only streams; all of the group's by default. */
  streams?: string[] | undefined;
  /** Epoch milliseconds. */
  from: number;
  until?: number | undefined;
  /** Text that the lines contain. */
  text: string;
  limit: number;
  /** Token of the page before. */
  next?: string | undefined;
}

/** One call to CloudWatch Logs. A page with `next` may hold few lines, or none, and isn't the last. */
export type FilterLogs = (search: LogSearch) => Promise<{ events: LogEvent[]; next?: string | undefined }>;

/** Place in a log group: what came before `from` is read, and of what came since, the lines with these keys. */
export interface LogPlace {
  /** Epoch milliseconds. */
  from: number;
  seen: string[];
}

/** Lines of a group that came since a place. */
export interface GroupRead {
  place: LogPlace;
  /** Those about the job and others, by time. */
  events: LogEvent[];
  /** Those about the job that no answer had. */
  fresh: LogEvent[];
  /** True if more may follow them. */
  isCut: boolean;
}
