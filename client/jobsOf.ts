/**
 * Job types, with their payloads and results, for a {@link JobClient}, by the types of their handlers: `Jobs` has, by
 * the job type's name, what its file exports as default, or the module. A name in `defineJob` comes before that.
 *
 * `new JobClient<JobsOf<{ invoice: typeof invoice }>>({ url })`, with `invoice` by `import type` of its file.
 */
export type JobsOf<Jobs> = {
  [Key in keyof Jobs & string as NameOf<ExportOf<Jobs[Key]>, Key>]: ShapeOf<ExportOf<Jobs[Key]>>;
};

type ExportOf<Job> = Job extends { default: infer Default } ? Default : Job;

/** Types that `defineJob` gives. */
interface Typed {
  readonly "~types"?: { readonly name: string; readonly payload: unknown; readonly result: unknown };
}

type TypesOf<Job extends Typed> = NonNullable<Job["~types"]>;

type NameOf<Job, Key extends string> = Job extends Typed
  ? string extends TypesOf<Job>["name"]
    ? Key
    : TypesOf<Job>["name"]
  : Key;

type ShapeOf<Job> = Job extends (job: infer Given, ...more: never[]) => infer Returned
  ? { payload: Given extends { payload: infer Payload } ? Payload : unknown; result: Awaited<Returned> }
  : Job extends Typed
    ? { payload: TypesOf<Job>["payload"]; result: TypesOf<Job>["result"] }
    : Job extends { handle: infer Handle }
      ? ShapeOf<Handle>
      : never;
