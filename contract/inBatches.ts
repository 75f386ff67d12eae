/** Divides items, in order, into batches of at most a count and a size. An item that is too large goes alone. */
export function inBatches<Item>(
  items: readonly Item[],
  most: { count: number; bytes: number },
  bytesOf: (item: Item) => number = () => 0,
): Item[][] {
  const batches: Item[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    const batch = batches.at(-1);
    if (batch && bytes <= room && batch.length < most.count) {
      batch.push(item);
      room -= bytes;
    } else {
      batches.push([item]);
      room = most.bytes - bytes;
    }
  }
  return batches;
}
