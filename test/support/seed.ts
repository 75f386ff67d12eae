/**
 * Seed of everything that tests choose at random. It is fixed, so that a test fails only by the fault of the change;
 * `.ci/nightly` sets another `TEST_SEED` each time, and prints it.
 */
export const testSeed = Number(process.env.TEST_SEED ?? 1);
if (!Number.isInteger(testSeed))
  throw new Error(`Expected TEST_SEED to be a whole number, got ${process.env.TEST_SEED}`);

/** The seed and those after it, `TEST_ROUNDS` in all. @param rounds as many without that variable */
export function testSeeds(rounds: number): number[] {
  return Array.from({ length: Number(process.env.TEST_ROUNDS ?? rounds) }, (_, index) => testSeed + index);
}
