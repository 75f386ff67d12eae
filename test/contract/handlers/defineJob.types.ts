import { z } from "zod";
import { defineJob, type Job } from "../../../contract/handlers/defineJob";
import { runHandler } from "../../../testing";

/** Compiled by `npm run types`, and never run. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const expectType = <Is extends true>(is?: Is) => is;
type TypesOf<Defined extends { "~types"?: unknown }> = NonNullable<Defined["~types"]>;

const payload = z.object({ n: z.number().default(1), at: z.string().transform((text) => new Date(text)) });
export const byZod = defineJob({
  name: "by-zod",
  payload,
  handle(job) {
    expectType<Same<typeof job.payload, { n: number; at: Date }>>();
    return { n: job.payload.n };
  },
});
type ByZod = {
  readonly name: "by-zod";
  readonly payload: { n?: number | undefined; at: string };
  readonly result: { n: number };
};
expectType<Same<TypesOf<typeof byZod>, ByZod>>();

export const checked = defineJob({
  payload: z.string(),
  result: z.object({ n: z.number(), unit: z.string().default("cents") }),
  handle: async (job) => ({ n: job.payload.length }),
});
expectType<Same<TypesOf<typeof checked>["result"], { n: number; unit: string }>>();

export const byJsonSchema = defineJob({ payload: { type: "number" }, handle: async (job: Job<number>) => job.payload });
expectType<
  Same<TypesOf<typeof byJsonSchema>, { readonly name: string; readonly payload: number; readonly result: number }>
>();

export async function refused(): Promise<void> {
  const { result }: { result?: { n: number } } = await runHandler(byZod, { payload: { at: "2026-11-26" } });
  console.log(result);
  // @ts-expect-error -- the payload as it is submitted
  await runHandler(byZod, { payload: { at: new Date() } });
  // @ts-expect-error -- the handler's parameter isn't what the schema gives
  defineJob({ payload: z.string(), handle: async (job: Job<number>) => job.payload });
  // @ts-expect-error -- the handler returns what the schema refuses
  defineJob({ payload, result: z.object({ n: z.string() }), handle: async (job) => ({ n: job.payload.n }) });
  // @ts-expect-error -- no such option
  defineJob({ payload, retries: 3, handle: async () => 1 });
  // @ts-expect-error -- no handler
  defineJob({ payload });
}
