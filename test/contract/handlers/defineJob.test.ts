import { expect } from "chai";
import { z } from "zod";
import { type DefinedJob, defineJob, type Job, type JobContext } from "../../../contract/handlers/defineJob";

const context = {} as JobContext;
const run = (job: DefinedJob<string, unknown, never>, payload: unknown) => {
  const whole = { id: "1", type: "t", payload, attempt: 1, submittedAt: "2026-11-26T00:00:00Z" };
  return job.handle(whole as Job<never>, context);
};
const errorOf = (attempt: Promise<unknown>) =>
  attempt.then(
    (value) => expect.fail(`Expected an error, got ${JSON.stringify(value)}`),
    (error: Error & { permanent?: boolean }) => error,
  );

const person = z.object({
  name: z.string().refine((name) => name !== "nobody", "Expected somebody"),
  born: z.string().transform((text) => new Date(text)),
  tags: z.array(z.string()).default([]),
});

describe("defineJob", () => {
  it("gives the handler what the schema makes of the payload, and the rest of the job as it is", async () => {
    const job = defineJob({
      name: "greet",
      payload: person,
      handle: async ({ id, payload: { born, ...rest } }) => ({ id, year: born.getUTCFullYear(), ...rest }),
    });
    expect(job.name).to.equal("greet");
    expect(await run(job, { name: "Ada", born: "1815-12-10", more: 1 })).to.deep.equal({
      ...{ id: "1", name: "Ada", year: 1_815, tags: [] },
    });
  });

  it("keeps what the schema makes of the result", async () => {
    const result = z.object({ n: z.number(), unit: z.string().default("cents") });
    const job = defineJob({ result, handle: async (given: Job<object>) => ({ n: 1, ...given.payload }) });
    expect(await run(job, { secret: "x" })).to.deep.equal({ n: 1, unit: "cents" });
  });

  it("leaves payload and result alone without schemas, and calls the handler as its own", async () => {
    const payload = { at: new Date() };
    const job = defineJob({
      description: "same",
      handle(given: Job<object>) {
        return [given.payload, this.description];
      },
    });
    expect(await run(job, payload)).to.deep.equal([payload, "same"]);
  });

  const misfits: [what: string, job: DefinedJob<string, unknown, never>, payload: unknown, message: RegExp][] = [
    [
      "a payload that its zod schema refuses, by path",
      defineJob({ payload: z.object({ "a/b": z.array(person) }), handle: async () => 1 }),
      { "a/b": [{ name: "Ada", born: 3 }] },
      /^The payload doesn't fit the job's schema: \/payload\/a~1b\/0\/born: Invalid input: expected string/,
    ],
    [
      "a payload that only a refinement refuses",
      defineJob({ payload: person, handle: async () => 1 }),
      { name: "nobody", born: "" },
      /: \/payload\/name: Expected somebody$/,
    ],
    [
      "a payload that only a refinement with promises refuses",
      defineJob({ payload: z.number().refine(async (n) => n > 1, "Expected more"), handle: async () => 1 }),
      1,
      /: \/payload: Expected more$/,
    ],
    [
      "a payload that its JSON Schema refuses",
      defineJob({
        payload: { type: "object", required: ["n"], properties: { n: { type: "number" } } },
        handle: () => 1,
      }),
      { n: "1" },
      /: \/payload\/n: .*number/,
    ],
    [
      "a result that its zod schema refuses",
      defineJob({ result: z.object({ n: z.number() }), handle: async () => ({ n: Number.NaN }) }),
      null,
      /^The result doesn't fit the job's schema: \/result\/n: /,
    ],
    [
      "a result that its JSON Schema refuses",
      defineJob({ result: { type: "array", items: { type: "string" } }, handle: async () => ["a", 1] }),
      null,
      /: \/result\/1: .*string/,
    ],
  ];
  for (const [what, job, payload, message] of misfits) {
    it(`fails the job for good for ${what}`, async () => {
      const error = await errorOf(run(job, payload));
      expect(error.message).to.match(message);
      expect(error.permanent).to.equal(true);
      expect(error.name).to.equal(error.message.startsWith("The payload") ? "PayloadError" : "ResultError");
    });
  }

  it("names twenty problems at most", async () => {
    const job = defineJob({ payload: z.array(z.number()), handle: async () => 1 });
    const { message } = await errorOf(run(job, Array(1_000).fill("x")));
    expect(message.match(/\/payload\/\d+:/g)).to.have.length(20);
  });
});
