/** The captured variable or property that holds an Output, such as `bucket.id`. */
interface Named {
  captured: string;
}

/** True for the object that Pulumi serialises in place of a captured Output. */
export function isSerialisedOutput(value: unknown): value is object {
  const type = (value as { constructor?: { name?: unknown } } | null | undefined)?.constructor;
  return typeof value === "object" && type?.name === "SerializedOutput";
}

/**
 * Makes a worker's copy of an Output throw at every use but `.get()`: in a string it would become "[object Object]",
 * and it lacks its value's properties. `name` is for the message; undefined if it isn't known.
 */
export function allowOnlyGet(serialised: object, name: string | undefined): void {
  const captured = name ?? "";
  Object.setPrototypeOf(serialised, Object.create(guard, { captured: { value: captured, ...plain } }) as object);
}

const plain = { configurable: true, enumerable: true, writable: true };

/**
 * The serialised text makes an object with this prototype and assigns its `value`: the setter then runs in the worker.
 * It captures nothing, since captures might not be assigned yet.
 */
const guard: object = Object.defineProperty({}, "value", {
  configurable: true,
  set: function (this: Named, value: unknown) {
    const output = this.captured === "" ? "the captured Output" : `the Output ${this.captured}`;
    const getter = this.captured === "" ? ".get()" : `${this.captured}.get()`;
    const refuse = (use: string) => {
      throw new TypeError(`Expected ${getter} in the handler, got ${output} itself, ${use}: only get() has its value`);
    };
    const refuseKey = (key: string | symbol) => {
      if (key === "toJSON") return refuse("made JSON");
      if (key === "then") return refuse("awaited or returned");
      return typeof key === "symbol" ? refuse("made a text or a number") : refuse(`of which ${key} was read`);
    };
    const get = () => value;
    const refuseCopy = () => refuse("copied");
    const traps = {
      get: (_: object, key: string | symbol) => (key === "get" ? get : refuseKey(key)),
      set: () => refuse("changed"),
      has: (_: object, key: string | symbol) => key === "get" || refuseKey(key),
      ownKeys: refuseCopy,
    };
    Object.defineProperty(this, "value", { enumerable: true, get: refuseCopy });
    Object.setPrototypeOf(this, new Proxy({}, traps));
  },
});
