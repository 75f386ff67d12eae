import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { conditions } from "./conditions";
import { rules } from "./rules/all";
import { createTrace, type TraceWord } from "./traces";
import { type Trial, tryRule } from "./trial";

/** One rule on one trace: a thread's task. */
interface Task {
  word: TraceWord;
  seed: number;
  /** Index of the rule. */
  rule: number;
  phases: number;
}

/** A run is over, or all of them. */
type Answer = "ran" | Trial;

/** Tries every rule on each of the traces, on all cores: the trials of each trace in the order of the rules. */
export async function tryInThreads(
  words: TraceWord[],
  seed: number,
  phases: number,
  onRun: () => void,
): Promise<Map<TraceWord, Trial[]>> {
  const tasks: Task[] = words.flatMap((word) => rules.map((_, rule) => ({ word, seed, rule, phases })));
  const trials = new Map(words.map((word) => [word, [] as Trial[]]));
  const work = async () => {
    const thread = new Worker(__filename);
    try {
      for (let task = tasks.shift(); task; task = tasks.shift()) {
        trials.get(task.word)![task.rule] = await ask(thread, task, onRun);
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return trials;
}

function ask(thread: Worker, task: Task, onRun: () => void): Promise<Trial> {
  return new Promise((resolve, reject) => {
    const listen = (answer: Answer) => {
      if (answer === "ran") return onRun();
      thread.off("message", listen).off("error", reject);
      resolve(answer);
    };
    thread.on("message", listen).on("error", reject);
    thread.postMessage(task);
  });
}

if (!isMainThread) {
  const say = (answer: Answer) => parentPort!.postMessage(answer);
  parentPort?.on("message", ({ word, seed, rule, phases }: Task) => {
    say(tryRule(createTrace(word, seed), rules[rule]!, conditions, phases, () => say("ran")));
  });
}
