import { randomBytes } from "node:crypto";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { type Checked, type FieldProblem } from "../../contract/check";
import { decodeWorkerSettings, type WorkerSettings } from "../../contract/workerSettings";
import { divideMachine, type Machine, type Room, thisMachine } from "./handlers/room";

/** The worker's settings, and its findings about its machine. */
export interface WorkerOptions extends Room {
  settings: WorkerSettings;
  workerId: string;
  /** Folders of the handler modules, in the order in which they are looked through. */
  processorsDirs: string[];
  /** Folder in which the attempts have their folders. */
  scratchDir: string;
  /** Uptime of the machine, in seconds, until which earlier workers have counted its use; undefined if unknown. */
  countedUptime?: number | undefined;
  /** True if the worker ends with the process that started it. */
  exitsWithParent: boolean;
}

type Environment = Record<string, string | undefined>;

/** Reads the environment; names every problem. */
export function readOptions(
  environment: Environment,
  defaultProcessorsDir: string,
  machine: Machine = thisMachine(),
): Checked<WorkerOptions> {
  const decoded = decodeWorkerSettings(environment);
  if (!decoded.ok) return decoded;
  const settings = decoded.value;
  const exitsWithParent = environment.WORKER_EXIT_WITH_PARENT === "1";
  const found = settings.gpu ? machine.findGpus() : undefined;
  if (found && "reason" in found) return { ok: false, problems: [noGpu(found.reason)] };
  const gpus = found?.count;
  if (gpus !== undefined && settings.slots > gpus && !exitsWithParent)
    return { ok: false, problems: [tooFew(gpus, settings)] };
  // A developer's machine has the GPUs that it has.
  const slots = Math.min(settings.slots, gpus ?? Infinity);
  const room = divideMachine({ ...settings, slots }, machine, gpus);
  // A laptop may have less memory than the instances; on an instance the kernel would kill jobs for it.
  if (room.overcommitted && !exitsWithParent) return { ok: false, problems: [tooLarge(settings, room)] };
  return {
    ok: true,
    value: {
      ...room,
      settings,
      workerId: environment.WORKER_ID || `${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`,
      processorsDirs: [environment.WORKER_PROCESSORS_DIR, defaultProcessorsDir]
        .filter((folder) => folder !== undefined && folder !== "")
        .map((folder) => path.resolve(folder!)),
      scratchDir: path.resolve(environment.WORKER_SCRATCH_DIR || tmpdir()),
      countedUptime: secondsIn(environment.WORKER_COUNTED_UPTIME),
      exitsWithParent,
    },
  };
}

function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function expected(path: string, what: string, got: unknown): FieldProblem {
  return { path, message: `Expected ${what}, got ${JSON.stringify(got)}` };
}

function noGpu(reason: string): FieldProblem {
  const message = `Expected an NVIDIA GPU, since the processor has gpu: true, got none: ${reason}`;
  return { path: "WORKER_GPU", message };
}

function tooFew(gpus: number, { slots }: WorkerSettings): FieldProblem {
  return expected("WORKER_SLOTS", `at most the ${gpus} GPUs that are here`, slots);
}

function tooLarge({ memoryMegabytes }: WorkerSettings, { slots, overcommitted }: Room): FieldProblem {
  const { jobsMegabytes } = overcommitted!;
  const each = slots === 1 ? "" : ` ÷ ${slots} slots`;
  return expected(
    "WORKER_MEMORY_MEGABYTES",
    `at most the ${jobsMegabytes} MB that jobs have here${each}`,
    memoryMegabytes,
  );
}
