/** Divides items into batches of at most so many, and so many bytes. */
export function inBatches<Item>(
  items: readonly Item[],
  most: { count: number; bytes: number },
  bytesOf: (item: Item) => number = () => 0,
): Item[][] {
  const batches: Item[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (bytes > room || !batches.length || batches.at(-1)!.length === most.count) {
      batches.push([]);
      room = most.bytes;
    }
    batches.at(-1)!.push(item);
    room -= bytes;
  }
  return batches;
}
