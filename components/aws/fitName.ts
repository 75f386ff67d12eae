/**
 * Characters that Pulumi appends to a logical name to make a physical one: a hyphen and seven digits. It refuses to cut
 * the name.
 */
const appendedToName = 8;

/** Characters that the provider appends to a `namePrefix`. */
const appendedToPrefix = 26;

/** Longest name of a component: its functions' names, which take no prefix, must fit Lambda's 64 characters. */
export const maxComponentCharacters = 64 - appendedToName - "-router-router-function".length;

/**
 * Name inputs for a resource with short physical names: empty if Pulumi's own name fits, else a prefix cut to fit.
 * So a type may have 40 characters in a component of any name.
 */
export function fitName(name: string, maxCharacters: number): { namePrefix?: string } {
  if (name.length + appendedToName <= maxCharacters) return {};
  return { namePrefix: `${name.slice(0, maxCharacters - appendedToPrefix - 1)}-` };
}
