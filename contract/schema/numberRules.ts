import type { MakeRules, Rule } from "./rule";

/** Rules of the bounds of numbers and of `multipleOf`. */
export const makeNumberRules: MakeRules<number> = (schema) => {
  const rules: Rule<number>[] = [];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === "number") rules.push((n, run) => n >= minimum || run.fail(`must be >= ${minimum}`, n));
  if (typeof maximum === "number") rules.push((n, run) => n <= maximum || run.fail(`must be <= ${maximum}`, n));
  if (typeof exclusiveMinimum === "number") {
    rules.push((n, run) => n > exclusiveMinimum || run.fail(`must be > ${exclusiveMinimum}`, n));
  }
  if (typeof exclusiveMaximum === "number") {
    rules.push((n, run) => n < exclusiveMaximum || run.fail(`must be < ${exclusiveMaximum}`, n));
  }
  if (typeof multipleOf === "number") rules.push(multipleRule(multipleOf));
  return rules;
};

/** Compares decimals as written: 0.3 is a multiple of 0.1, which binary fractions deny. */
function multipleRule(divisor: number): Rule<number> {
  const { isSafeInteger } = Number;
  const toWhole = BigInt;
  /** A number as whole digits and a power of ten. */
  const decimal = (value: number): [bigint, number] => {
    const [digits = "", exponent = "0"] = String(value).split("e");
    const [whole = "", fraction = ""] = digits.split(".");
    return [toWhole(whole + fraction), Number(exponent) - fraction.length];
  };
  const isWhole = isSafeInteger(divisor);
  const [digitsOfDivisor, powerOfDivisor] = decimal(divisor);
  const ten = toWhole(10);
  const zero = toWhole(0);
  return (value, run) => {
    if (isWhole && isSafeInteger(value))
      return value % divisor === 0 || run.fail(`must be a multiple of ${divisor}`, value);
    run.spend(20);
    const [digits, power] = decimal(value);
    const shift = power - powerOfDivisor;
    const fits =
      shift >= 0
        ? (digits * ten ** toWhole(shift)) % digitsOfDivisor === zero
        : digits % (digitsOfDivisor * ten ** toWhole(-shift)) === zero;
    return fits || run.fail(`must be a multiple of ${divisor}`, value);
  };
}
