import type { Job, JobContext } from "batch-job-processor";
import { z } from "zod";
import { total } from "./total";

const invoice = z.object({
  customer: z.string(),
  lines: z.array(z.object({ item: z.string(), count: z.number().int().positive(), cents: z.number().int() })).min(1),
});

export type Invoice = z.infer<typeof invoice>;

export default async function (job: Job, context: JobContext) {
  const checked = invoice.safeParse(job.payload);
  // No other attempt would go better.
  if (!checked.success) throw Object.assign(new Error(z.prettifyError(checked.error)), { permanent: true });
  const { customer, lines } = checked.data;
  context.logger.info("adding up", { customer, lines: lines.length });
  return { customer, cents: total(lines) };
}
