/** The submitter's own words for a job, by name. */
export type Labels = Record<string, string>;
