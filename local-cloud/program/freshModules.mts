/** A part of Node's resolve hook's arguments and answer. */
interface Resolved {
  url: string;
}
interface Context {
  parentURL?: string | undefined;
}
type NextResolve = (specifier: string, context: Context) => Promise<Resolved>;

/**
 * Hook of Node's module loader: what a module imports gets the query of its own URL, installed packages apart. An
 * entry that is imported under a new query so is read again with all of its files.
 */
export async function resolve(specifier: string, context: Context, nextResolve: NextResolve): Promise<Resolved> {
  const resolved = await nextResolve(specifier, context);
  const query = /\?run=\d+$/.exec(context.parentURL ?? "")?.[0];
  if (query === undefined || !resolved.url.startsWith("file:") || resolved.url.includes("/node_modules/"))
    return resolved;
  return { ...resolved, url: resolved.url + query };
}
