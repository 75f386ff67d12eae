import { createKeepJobs } from "../../../functions/router/keepJobs";
import type { KeepUnsent } from "../../../functions/router/keepUnsent";
import { createRouteJobs, type RouteJobsEffects } from "../../../functions/router/routeJobs";
import { sentByType } from "../../../functions/router/sentByType";
import type { QueueMessage } from "../../../functions/shared/messages/queueMessage";
import { checksum, wordCount } from "./fakeFrontend";
import { type LogLine, logTo } from "./logTo";

export const unroutableQueueUrl = "https://queues/unroutable";

/** Effects in place of the fakes; the router's own parts stand between it and the last two. */
type FakeRouterEffects = Omit<Partial<RouteJobsEffects>, "keepJobs" | "nudge"> & {
  keepUnsent?: KeepUnsent;
  nudge?: (sent: Record<string, number>) => Promise<void>;
};

/** A router whose queues are held in memory. */
export class FakeRouter {
  readonly sent: QueueMessage[] = [];
  readonly batches: { queueUrl: string; messages: QueueMessage[] }[] = [];
  readonly lines: LogLine[] = [];
  readonly pauses: number[] = [];
  private readonly handle: ReturnType<typeof createRouteJobs>;

  constructor({ keepUnsent, nudge, ...overrides }: FakeRouterEffects = {}) {
    const log: RouteJobsEffects["log"] = logTo(this.lines);
    this.handle = createRouteJobs({
      jobTypes: { find: (type) => Promise.resolve([wordCount, checksum].find((each) => each.type === type)) },
      sendBatch: (queueUrl, messages) => Promise.resolve(this.accept(queueUrl, messages)),
      unroutableQueueUrl,
      now: () => Date.parse("2026-11-02T10:00:00Z"),
      pause: (milliseconds) => {
        this.pauses.push(milliseconds);
        return Promise.resolve();
      },
      random: () => 0.5,
      log,
      ...(nudge && { nudge: (sent) => nudge(sentByType(sent, unroutableQueueUrl)) }),
      ...(keepUnsent && { keepJobs: createKeepJobs(keepUnsent, unroutableQueueUrl, log) }),
      ...overrides,
    });
  }

  /** Hands over messages as SNS would; gives what the handler threw. */
  async route(...messages: string[]): Promise<Error | undefined> {
    return this.handle({ Records: messages.map((Message) => ({ Sns: { Message } })) }).then(
      () => undefined,
      (error: Error) => error,
    );
  }

  accept(queueUrl: string, messages: QueueMessage[]): undefined[] {
    this.batches.push({ queueUrl, messages });
    this.sent.push(...messages);
    return messages.map(() => undefined);
  }

  bodies(queueUrl: string): string[] {
    return this.sent.filter((message) => message.queueUrl === queueUrl).map(({ body }) => body);
  }
}
