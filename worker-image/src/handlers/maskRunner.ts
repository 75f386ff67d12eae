import { type Masking } from "../support/masking";
import { type Runner } from "./runner";

/** A runner whose errors and reasons show no secrets. Results stay as they are. */
export function maskRunner(runner: Runner, masking: Masking): Runner {
  return {
    start: () => runner.start(),
    killNow: () => runner.killNow(),
    close: () => runner.close(),
    async run(job, signal, events) {
      const outcome = await runner.run(job, signal, events);
      if (outcome.kind === "failed") return { ...masking.value(outcome), kind: "failed" };
      return outcome.kind === "given-back" ? { ...outcome, reason: masking.text(outcome.reason) } : outcome;
    },
  };
}
