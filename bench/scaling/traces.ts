import { createRandom, exponential, logNormal } from "./random";

/** Jobs to come, in the order of their arrival. */
export interface Trace {
  name: string;
  /** Seconds from the start at which each job is in the queue, ascending. */
  arrivals: number[];
  /** Duration of each job. */
  durations: number[];
  /** Length of the trace; simulations go on until all is done. */
  seconds: number;
}

const hour = 3_600;
const day = 24 * hour;

type Duration = () => number;

/** Independent arrivals whose rate per second changes over time: thinned from the highest rate. */
function arrivalsAt(random: () => number, seconds: number, maxRate: number, rate: (time: number) => number): number[] {
  const arrivals: number[] = [];
  for (let time = exponential(random, 1 / maxRate); time < seconds; time += exponential(random, 1 / maxRate)) {
    if (random() * maxRate < rate(time)) arrivals.push(time);
  }
  return arrivals;
}

function withDurations(trace: Omit<Trace, "durations">, duration: Duration): Trace {
  return { ...trace, durations: trace.arrivals.map(() => Math.max(0.1, duration())) };
}

function lonelyJob(): Trace {
  return { name: "one lonely job after a day idle", arrivals: [day], durations: [30], seconds: day };
}

/** All within ten seconds, after a quiet hour. */
function burst(): Trace {
  const random = createRandom(11);
  const arrivals = Array.from({ length: 10_000 }, () => hour + 10 * random()).sort((a, b) => a - b);
  const trace = { name: "a burst of 10,000 jobs", arrivals, seconds: 2 * hour };
  return withDurations(trace, () => logNormal(random, 5, 0.5));
}

/** From one job every ten seconds at night to two per second in the afternoon. */
function diurnalDay(): Trace {
  const random = createRandom(12);
  const rate = (time: number) => 1.05 - 0.95 * Math.cos((2 * Math.PI * (time - 2 * hour)) / day);
  const arrivals = arrivalsAt(random, day, 2, rate);
  return withDurations({ name: "a diurnal day", arrivals, seconds: day }, () => logNormal(random, 20, 0.5));
}

/** A batch of 60 jobs within a minute, each seven minutes of a working day. */
function onOffBursts(): Trace {
  const random = createRandom(13);
  const seconds = 8 * hour;
  const arrivals = arrivalsAt(random, seconds, 1, (time) => (time % 420 < 60 ? 1 : 0));
  return withDurations({ name: "bursts each 7 minutes", arrivals, seconds }, () => logNormal(random, 20, 0.5));
}

/** Most jobs take seconds, a few an hour; at most two. */
function heavyTail(): Trace {
  const random = createRandom(14);
  const arrivals = arrivalsAt(random, 6 * hour, 0.2, () => 0.2);
  return withDurations({ name: "heavy-tailed durations", arrivals, seconds: 6 * hour }, () =>
    Math.min(2 * hour, logNormal(random, 60, 2)),
  );
}

/** From nothing to one job per second within six hours. */
function slowGrowth(): Trace {
  const random = createRandom(15);
  const seconds = 6 * hour;
  const arrivals = arrivalsAt(random, seconds, 1, (time) => time / seconds);
  return withDurations({ name: "slow growth", arrivals, seconds }, () => logNormal(random, 20, 0.5));
}

/** Whatever the seed gives: a base rate, a wave, some bursts, and durations short or long, alike or not. */
export function seededTrace(seed: number): Trace {
  const random = createRandom(seed);
  const seconds = (2 + 6 * random()) * hour;
  const mean = 5 * 24 ** random();
  const sigma = 0.2 + 1.3 * random();
  const base = (random() * 20) / mean;
  const period = (0.25 + 2 * random()) * hour;
  const depth = random();
  const arrivals = arrivalsAt(
    random,
    seconds,
    base * 2,
    (time) => base * (1 + depth * Math.sin((2 * Math.PI * time) / period)),
  );
  for (let left = Math.floor(6 * random()); left > 0; left--) {
    const start = seconds * random();
    const jobs = Math.floor(20 * 50 ** random());
    for (let job = 0; job < jobs; job++) arrivals.push(start + 30 * random());
  }
  arrivals.sort((a, b) => a - b);
  return withDurations({ name: `seed ${seed}`, arrivals: arrivals.length > 0 ? arrivals : [0], seconds }, () =>
    logNormal(random, mean, sigma),
  );
}

const named = {
  lonely: lonelyJob,
  burst,
  diurnal: diurnalDay,
  onoff: onOffBursts,
  tail: heavyTail,
  growth: slowGrowth,
} satisfies Record<string, () => Trace>;

/** The word that names a trace on the command line; the last stands for that of the seed. */
export type TraceWord = keyof typeof named | "seed";

export const words: TraceWord[] = [...(Object.keys(named) as (keyof typeof named)[]), "seed"];

export function createTrace(word: TraceWord, seed: number): Trace {
  return word === "seed" ? seededTrace(seed) : named[word]();
}
