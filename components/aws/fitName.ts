/** What Pulumi appends to a logical name to make a physical one, a hyphen and seven digits; it refuses to cut the name. */
const appendedToName = 8;

/** What the provider appends to a `namePrefix`. */
const appendedToPrefix = 26;

/** The longest name of a component: its functions' names, which take no prefix, must fit Lambda's 64 characters. */
export const maxComponentCharacters = 64 - appendedToName - "-router-router-function".length;

/**
 * For a resource whose physical names AWS keeps short: nothing where Pulumi's own would fit, else a prefix cut to fit.
 * So a type may have its 40 characters in a component of any name.
 */
export function fitName(name: string, maxCharacters: number): { namePrefix?: string } {
  if (name.length + appendedToName <= maxCharacters) return {};
  return { namePrefix: `${name.slice(0, maxCharacters - appendedToPrefix - 1)}-` };
}
