import { type EventEmitter } from "node:events";
import { type BilledInstance } from "./billing";
import { type Clock } from "./clock";
import { type Conditions } from "./conditions";
import { type JobQueue } from "./queue";

export interface Instance extends BilledInstance {
  launchedAt: number;
  isInService: boolean;
  /** Missing while it starts. */
  inServiceAt?: number;
  /** Takes no further job. */
  isDraining: boolean;
  freeSlots: number;
  running: Set<number>;
  /** Since when it has had no job; meaningless while it has one. */
  idleSince: number;
  /** Seconds without a job so far, in service. */
  idleSeconds: number;
}

/** Events of a simulation. */
export interface Events {
  /** Number of jobs that came. */
  sent: [count: number];
  started: [job: number];
  finished: [job: number, seconds: number];
  /** An instance has nothing more to do: newly in service, or its last job ended. */
  idle: [instance: Instance];
  /** All slots of an instance have a job. */
  full: [instance: Instance];
}

/** An Auto Scaling group whose instances boot, take jobs from the queue as slots are free, and are ended or killed. */
export class Group {
  desired = 0;
  readonly instances: Instance[] = [];
  /** All there are, booting or not, draining or not. */
  readonly alive = new Set<Instance>();
  inService = 0;
  private draining = 0;
  /** Instances ended with jobs still at work. */
  busyKills = 0;
  /** In service, not draining, with a free slot: whose long polls wait at the queue. */
  private readonly waiting: Instance[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly queue: JobQueue,
    private readonly conditions: Conditions,
    private readonly durations: number[],
    private readonly bootRandom: () => number,
    private readonly random: () => number,
    private readonly events: EventEmitter<Events>,
  ) {}

  /** Launches what is missing. Ends nothing: who lowers says which instance goes. */
  raise(desired: number): void {
    this.desired = Math.max(this.desired, Math.min(desired, this.conditions.maxInstances));
    while (this.staying < this.desired) this.launch();
  }

  /** Those that are not on their way out. */
  get staying(): number {
    return this.alive.size - this.draining;
  }

  /** Desired capacity that the group is taken to have had always. */
  begin(instances: number): void {
    this.desired = instances;
    for (let count = 0; count < instances; count++) this.enter(this.add(0));
  }

  /** Ends an instance that has no job, and lowers desired by it. */
  end(instance: Instance): void {
    this.desired = Math.max(0, this.desired - 1);
    this.remove(instance);
  }

  /** Stops an instance and lowers desired: it may finish its jobs within the grace, and is killed then. */
  stop(instance: Instance): void {
    if (instance.isDraining) return;
    instance.isDraining = true;
    this.draining++;
    this.desired = Math.max(0, this.desired - 1);
    this.unlist(instance);
    if (instance.running.size === 0) return this.remove(instance);
    this.clock.after(this.conditions.graceSeconds, () => this.remove(instance));
  }

  /** A job came: a worker that waits takes it. SQS doesn't say which one. */
  offer(): void {
    const { waiting } = this;
    while (this.queue.visible > 0 && waiting.length > 0) {
      this.take(waiting[Math.floor(this.random() * waiting.length)]!);
    }
  }

  private launch(): void {
    const { clock, conditions } = this;
    const [least, most] = conditions.startSeconds;
    const instance = this.add(clock.now + conditions.pendingSeconds);
    clock.at(instance.runningAt + least + (most - least) * this.bootRandom(), () => this.enter(instance));
  }

  private add(runningAt: number): Instance {
    const instance: Instance = {
      launchedAt: this.clock.now,
      runningAt,
      isInService: false,
      isDraining: false,
      freeSlots: this.conditions.slots,
      running: new Set(),
      idleSince: 0,
      idleSeconds: 0,
    };
    this.instances.push(instance);
    this.alive.add(instance);
    return instance;
  }

  private enter(instance: Instance): void {
    if (!this.alive.has(instance)) return;
    instance.isInService = true;
    instance.inServiceAt = this.clock.now;
    instance.idleSince = this.clock.now;
    this.inService++;
    if (!instance.isDraining) this.waiting.push(instance);
    this.offer();
    if (instance.running.size === 0) this.events.emit("idle", instance);
  }

  private take(instance: Instance): void {
    const job = this.queue.receive()!;
    if (instance.running.size === 0) instance.idleSeconds += this.clock.now - instance.idleSince;
    instance.running.add(job);
    if (--instance.freeSlots === 0) this.unlist(instance);
    this.events.emit("started", job);
    if (instance.freeSlots === 0) this.events.emit("full", instance);
    this.clock.after(this.durations[job]!, () => this.finish(instance, job));
  }

  private finish(instance: Instance, job: number): void {
    if (!this.alive.has(instance)) return;
    instance.running.delete(job);
    this.queue.remove();
    this.events.emit("finished", job, this.durations[job]!);
    if (instance.isDraining) {
      instance.freeSlots++;
      if (instance.running.size === 0) this.remove(instance);
      return;
    }
    if (instance.freeSlots++ === 0) this.waiting.push(instance);
    if (this.queue.visible > 0) this.offer();
    if (instance.running.size === 0) {
      instance.idleSince = this.clock.now;
      this.events.emit("idle", instance);
    }
  }

  private unlist(instance: Instance): void {
    const index = this.waiting.indexOf(instance);
    if (index < 0) return;
    this.waiting[index] = this.waiting.at(-1)!;
    this.waiting.pop();
  }

  private remove(instance: Instance): void {
    if (!this.alive.delete(instance)) return;
    this.unlist(instance);
    if (instance.isInService) this.inService--;
    if (instance.isInService && instance.running.size === 0)
      instance.idleSeconds += this.clock.now - instance.idleSince;
    if (instance.isDraining) this.draining--;
    instance.endedAt = this.clock.now + this.conditions.shutdownSeconds;
    if (instance.running.size === 0) return;
    this.busyKills++;
    for (const job of instance.running) this.queue.giveBack(job);
    instance.running.clear();
    this.offer();
  }
}
