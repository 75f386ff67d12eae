import { z } from "zod";
import { type JobClient, type JobsOf } from "../../client/index";
import { defineJob, type Job, type JobContext } from "../../contract/handlers/defineJob";

/** Compiled by `npm run types`, and never run. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const expectType = <Is extends true>(is?: Is) => is;

export const invoice = defineJob({
  payload: z.object({ customer: z.string(), at: z.string().transform((text) => new Date(text)) }),
  result: z.object({ cents: z.number().default(0) }),
  handle: async ({ payload: { at } }) => ({ cents: at.getTime() }),
});
export const wordCount = defineJob({
  name: "word-count",
  payload: { type: "object" },
  handle: async (job: Job<{ text: string }>) => ({ words: job.payload.text.length }),
});
export const greet = async (job: Job<{ name: string }>, context: JobContext) => ({
  text: `${job.payload.name}${context.attempt}`,
});
export const old = { handle: (job: Job<number>) => job.payload };
export const bare = defineJob({ handle: async () => undefined });

type Jobs = JobsOf<{
  invoice: typeof invoice;
  wordCount: typeof wordCount;
  greet: { default: typeof greet };
  old: typeof old;
  bare: typeof bare;
}>;
expectType<
  Same<
    Jobs,
    {
      invoice: { payload: { customer: string; at: string }; result: { cents: number } };
      "word-count": { payload: { text: string }; result: { words: number } };
      greet: { payload: { name: string }; result: { text: string } };
      old: { payload: number; result: number };
      bare: { payload: unknown; result: undefined };
    }
  >
>();

export async function uses(jobs: JobClient<Jobs>): Promise<void> {
  const submitted = await jobs.submit("invoice", { customer: "Ada", at: "2026-11-26" });
  const { result } = await jobs.wait(submitted);
  expectType<Same<typeof result, { cents: number } | undefined>>();
  expectType<Same<Awaited<ReturnType<typeof jobs.get<"greet">>>["result"], { text: string } | undefined>>();
  await jobs.submitMany([{ type: "word-count", payload: { text: "to be" } }]);
  // @ts-expect-error -- a number is no text
  await jobs.submitMany([{ type: "word-count", payload: { text: 1 } }]);
  // @ts-expect-error -- what a client sends is a text
  await jobs.submit("invoice", { customer: "Ada", at: new Date() });
  // @ts-expect-error -- `defineJob` says another name
  await jobs.submit("wordCount", { text: "to be" });
  // @ts-expect-error -- no such type
  await jobs.submit("invoices", { customer: "Ada", at: "2026-11-26" });
  // @ts-expect-error -- the result has no such field
  console.log(result?.dollars);
}
