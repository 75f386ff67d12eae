import { type EventEmitter } from "node:events";
import { type Clock } from "./clock";
import { type Conditions } from "./conditions";
import { type Events, type Group } from "./group";
import { type JobQueue } from "./queue";

/** A rule's view of a simulation. */
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
  events: EventEmitter<Events>;
}

/** A way to scale. */
export interface Rule {
  name: string;
  /** Instances at the start, and at the least. */
  minInstances: number;
  start(world: World): void;
}
