/** The process's own: code asks for TMPDIR and the like past an object that takes its place. */
const own = process.env;

/** A copy of the environment, for {@link restoreEnvironment}. */
export function copyEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env };
}

/** Makes the environment what it was at its copy, in place. */
export function restoreEnvironment(copy: NodeJS.ProcessEnv): void {
  for (const name of changedVariables(copy)) {
    const value = copy[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** Throws if `process.env` was replaced, or has other variables than at the copy. */
export function checkEnvironment(copy: NodeJS.ProcessEnv): void {
  if (process.env !== own) {
    process.env = own;
    throw new Error("The tests replaced process.env: Expected its variables to be set and restored in place");
  }
  const changed = changedVariables(copy);
  if (changed.length > 0) throw new Error(`The tests left variables of the environment changed: ${changed.join(", ")}`);
}

function changedVariables(copy: NodeJS.ProcessEnv): string[] {
  return Object.keys({ ...copy, ...process.env }).filter((name) => copy[name] !== process.env[name]);
}
