import { type Clock } from "./clock";
import { type Conditions } from "./conditions";
import { type Group, type Instance } from "./group";
import { type JobQueue } from "./queue";

/** A rule's view of a simulation, and its events. */
export interface World {
  conditions: Conditions;
  clock: Clock;
  queue: JobQueue;
  group: Group;
  /** Position of the rule's clock in its period at the start: 0 up to 1. */
  phase: number;
  /** The trace's mean, for rules that don't learn. */
  secondsPerJob: number;
  random: () => number;
  onSent(listener: (count: number) => void): void;
  onFinished(listener: (seconds: number) => void): void;
  onIdle(listener: (instance: Instance) => void): void;
  onFull(listener: (instance: Instance) => void): void;
}

/** A way to scale. */
export interface Rule {
  name: string;
  /** Instances at the start, and at the least. */
  minInstances: number;
  start(world: World): void;
}
