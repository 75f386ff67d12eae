import { defineJob, type Job } from "batch-job-processor/job";

export default defineJob({
  name: "greet",
  // The API refuses what doesn't fit it.
  payload: {
    type: "object",
    properties: { name: { type: "string", minLength: 1 } },
    required: ["name"],
  },
  async handle(job: Job<{ name: string }>, context) {
    context.progress(0.5, "half way");
    return { text: `Hello ${job.payload.name}` };
  },
});
