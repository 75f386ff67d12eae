import { type WorkerSettings } from "../../../contract/workerSettings";
import { type RunOutcome } from "../../../worker-image/src/handlers/runner";
import { MessageProcessor } from "../../../worker-image/src/job/messageProcessor";
import { type ReceivedMessage } from "../../../worker-image/src/queue/queue";
import { type Claim } from "../../../worker-image/src/records/records";
import { createDoubles, type envelope, message as createMessage, started } from "../helpers/doubles";
import { settled } from "../helpers/fakeClock";

/** A processor that was handed one message, with the calls named by role instead of by message id. */
export function setUp(
  fields: Partial<ReceivedMessage> & { job?: ReturnType<typeof envelope> } = {},
  claim?: Claim | number,
  settings: Partial<WorkerSettings> = {},
) {
  const doubles = createDoubles();
  const message = createMessage({ receivedAt: doubles.clock.now(), ...fields });
  if (typeof claim === "number") doubles.records.claims.push(started(claim));
  else if (claim) doubles.records.claims.push(() => claim);
  const { effects } = doubles;
  const processor = new MessageProcessor({ ...effects, settings: { ...effects.settings, ...settings } });
  let isDone = false;
  const begin = async () => {
    void processor.process(message).then(() => (isDone = true));
    await settled();
  };
  return {
    ...doubles,
    processor,
    message,
    begin,
    isDone: () => isDone,
    run: () => doubles.runner.runs[0]!,
    /** Ends the handler and everything after it. */
    end: async (outcome: RunOutcome) => {
      doubles.runner.runs[0]!.end(outcome);
      await settled();
    },
    seen: () => doubles.calls.map((call) => call.replace(message.id, "message")),
  };
}

export const failed = {
  kind: "failed",
  error: { name: "TypeError", message: "no" },
  isPermanent: false,
} satisfies RunOutcome;
