import { defineJob } from "batch-job-processor/job";
import { z } from "zod";
import { total } from "./total";

const invoice = z.object({
  customer: z.string(),
  lines: z.array(z.object({ item: z.string(), count: z.number().int().positive(), cents: z.number().int() })).min(1),
});

export default defineJob({
  name: "invoice",
  payload: invoice,
  result: z.object({ customer: z.string(), cents: z.number().int() }),
  async handle(job, context) {
    const { customer, lines } = job.payload;
    context.logger.info("adding up", { customer, lines: lines.length });
    return { customer, cents: total(lines) };
  },
});
