/** The value of an environment variable that the deployment always sets. */
export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Expected the environment variable ${name}, got nothing`);
  return value;
}
