/**
 * Maps items with a bound on concurrency, and returns the results in order. Throws the first failure, and starts no
 * further item.
 */
export async function inParallel<In, Out>(
  items: readonly In[],
  atOnce: number,
  map: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  const turns = items.entries();
  let hasFailed = false;
  const work = async () => {
    for (const [index, item] of turns) {
      if (hasFailed) return;
      results[index] = await map(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
