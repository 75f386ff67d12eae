/** Values of one period each: 0 is the newest. Undefined where there is none. */
export type Series = (period: number) => number | undefined;

type Value = number | Series | Series[];

const known = ["DIFF", "FILL", "IF", "MAX", "MIN", "SUM"] as const;

/**
 * Reads an expression of metric math ("Using math expressions with CloudWatch metrics"): numbers, metrics by id,
 * `+ - * /`, comparisons, lists, and a few of its functions.
 *
 * @throws Error if it has anything else
 */
export function parseMetricMath(text: string): (metrics: Record<string, Series>) => Series {
  const tokens = text.match(/[A-Z]+|[a-z]\w*|\d+(\.\d+)?|>=|<=|==|!=|[-+*/<>()[\],]|\S/g) ?? [];
  let at = 0;
  const next = () => tokens[at];
  const take = (token?: string) => {
    if (token !== undefined && next() !== token) throw expected(`"${token}"`, text, next());
    return tokens[at++] ?? "";
  };
  type Read = (metrics: Record<string, Series>) => Value;

  function list(end: string): Read[] {
    const items: Read[] = [];
    while (next() !== end) {
      items.push(comparison());
      if (next() !== end) take(",");
    }
    take(end);
    return items;
  }

  function term(): Read {
    const token = take();
    if (token === "(") {
      const inner = comparison();
      take(")");
      return inner;
    }
    if (token === "-") {
      const inner = term();
      return (metrics) => combined([inner(metrics)], ([value]) => -value!);
    }
    if (token === "[") {
      const items = list("]");
      return (metrics) => items.flatMap((item) => listOf(item(metrics)));
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (/^[a-z]/.test(token)) {
      return (metrics) => {
        const metric = metrics[token];
        if (!metric) throw expected("the id of a metric", text, token);
        return metric;
      };
    }
    const name = known.find((each) => each === token);
    if (!name) throw expected(`one of ${known.join(", ")}`, text, token);
    take("(");
    const given = list(")");
    return (metrics) => functions[name](given.map((item) => item(metrics)));
  }

  /** Operators of one rank, from left to right. */
  function chain(operand: () => Read, ranked: string[]): Read {
    let left = operand();
    while (ranked.includes(next() ?? "")) {
      const operator = take();
      const [one, other] = [left, operand()];
      left = (metrics) => combined([one(metrics), other(metrics)], ([a, b]) => operators[operator]!(a!, b!));
    }
    return left;
  }
  const product = () => chain(term, ["*", "/"]);
  const sum = () => chain(product, ["+", "-"]);
  const comparison = () => chain(sum, [">", ">=", "<", "<=", "==", "!="]);

  const read = comparison();
  if (next() !== undefined) throw expected("the end", text, next());
  return (metrics) => seriesOf(read(metrics));
}

const operators: Record<string, (a: number, b: number) => number | undefined> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0 ? undefined : a / b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
};

const functions: Record<(typeof known)[number], (given: Value[]) => Series> = {
  DIFF: ([value]) => {
    const series = seriesOf(value);
    return (period) => {
      const [now, before] = [series(period), series(period + 1)];
      return now === undefined || before === undefined ? undefined : now - before;
    };
  },
  FILL: ([value, filler]) => {
    const [series, instead] = [seriesOf(value), seriesOf(filler)];
    return (period) => series(period) ?? instead(period);
  },
  IF: ([condition, one, other]) => {
    const [is, then, otherwise] = [seriesOf(condition), seriesOf(one), seriesOf(other)];
    return (period) => {
      const holds = is(period);
      return holds === undefined ? undefined : holds ? (then(period) ?? 0) : otherwise(period);
    };
  },
  MAX: (given) => reduced(given, (values) => Math.max(...values)),
  MIN: (given) => reduced(given, (values) => Math.min(...values)),
  SUM: (given) => reduced(given, (values) => values.reduce((sum, value) => sum + value, 0)),
};

/** Over the values that are there. */
function reduced(given: Value[], reduce: (values: number[]) => number): Series {
  return (period) => {
    const values = given.flatMap(listOf).flatMap((series) => series(period) ?? []);
    return values.length === 0 ? undefined : reduce(values);
  };
}

/** A series' missing value counts as zero if another series has one. */
function combined(given: Value[], compute: (values: number[]) => number | undefined): Value {
  const isNumber = (value: Value) => typeof value === "number";
  if (given.every(isNumber)) return compute(given) ?? (() => undefined);
  const all = given.map(seriesOf);
  const timed = all.filter((_, index) => !isNumber(given[index]!));
  return (period) => {
    const isThere = timed.some((series) => series(period) !== undefined);
    return isThere ? compute(all.map((series) => series(period) ?? 0)) : undefined;
  };
}

function listOf(value: Value): Series[] {
  return Array.isArray(value) ? value : [seriesOf(value)];
}

function seriesOf(value: Value | undefined): Series {
  if (typeof value === "number") return () => value;
  if (typeof value === "function") return value;
  throw new Error(`Expected one value in metric math, got ${value ? "a list" : "nothing"}`);
}

function expected(what: string, text: string, got = "the end"): Error {
  return new Error(`Expected ${what} in the metric math "${text}" in the local cloud, got ${got}`);
}
