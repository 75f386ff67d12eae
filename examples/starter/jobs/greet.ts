import type { Job, JobContext } from "batch-job-processor";

export interface Greeting {
  text: string;
}

export default async function greet(job: Job<{ name: string }>, context: JobContext): Promise<Greeting> {
  const { name } = job.payload;
  if (name === "") throw Object.assign(new Error("Expected a name, got an empty text"), { permanent: true });
  context.progress(0.5, "half way");
  return { text: `Hello ${name}` };
}
