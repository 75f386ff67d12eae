/** Matches a text against an IAM pattern: `*` stands for any characters, `?` for one. */
export type Glob = (text: string) => boolean;

export function compileGlob(pattern: string, { ignoresCase = false } = {}): Glob {
  if (pattern.includes("${")) throw new Error(`Expected no policy variables in the local cloud, got ${pattern}`);
  if (!/[*?]/.test(pattern)) {
    const wanted = ignoresCase ? pattern.toLowerCase() : pattern;
    return (text) => (ignoresCase ? text.toLowerCase() : text) === wanted;
  }
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  const expression = new RegExp(`^${source}$`, ignoresCase ? "isu" : "su");
  return (text) => expression.test(text);
}

/**
 * For the ARNs of conditions, whose six parts are compared separately ("IAM JSON policy elements: Condition
 * operators").
 */
export function compileArnGlob(pattern: string): Glob {
  const parts = partsOf(pattern).map((part) => compileGlob(part));
  return (text) => {
    const texts = partsOf(text);
    return texts.length === parts.length && parts.every((matches, index) => matches(texts[index]!));
  };
}

/** The last part may contain colons. */
function partsOf(arn: string): string[] {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}
