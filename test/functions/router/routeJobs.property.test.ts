import { expect } from "chai";
import fc from "fast-check";
import type { QueueMessage } from "../../../functions/shared/messages/queueMessage";
import { checksum, wordCount } from "../support/fakeFrontend";
import { FakeRouter, unroutableQueueUrl } from "../support/fakeRouter";

const queueOf: Record<string, string> = { "word-count": wordCount.queueUrl, checksum: checksum.queueUrl };

const jobFields = fc.record({
  type: fc.constantFrom("word-count", "checksum", "transcode", "blind"),
  isMalformed: fc.boolean(),
  padding: fc.nat(30_000),
});
const events = fc.array(fc.array(jobFields, { minLength: 1, maxLength: 15 }), { minLength: 1, maxLength: 4 });

describe("routeJobs, with sends that fail at random", () => {
  it("brings every job to exactly one of its queue, the unroutable queue, and the error", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (messages, dice) => {
        let count = 0;
        const jobs = messages.map((fields) =>
          fields.map(({ type, isMalformed, padding }) => ({
            version: isMalformed ? 7 : 1,
            id: `j${count++}`,
            type,
            payload: "a".repeat(padding),
            submittedAt: "2026-11-02T10:00:00.000Z",
          })),
        );
        const router: FakeRouter = new FakeRouter({
          jobTypes: {
            find: (type) => {
              if (type === "blind") return Promise.reject(new Error("down"));
              const queueUrl = queueOf[type];
              return Promise.resolve(queueUrl === undefined ? undefined : { ...wordCount, type, queueUrl });
            },
          },
          sendBatch: (queueUrl, batch: QueueMessage[]) => {
            expect(batch.length).to.be.within(1, 10);
            if (dice.next().value < 2) return Promise.reject(new Error("down"));
            return Promise.resolve(
              batch.map((message) => {
                if (dice.next().value < 4) return new Error("busy");
                return router.accept(queueUrl, [message])[0];
              }),
            );
          },
        });
        const thrown = await router.route(...messages.map((_, index) => JSON.stringify(jobs[index])));

        const failed = router.lines.filter(({ level }) => level === "error").map(({ fields }) => fields.jobId);
        for (const { id, type, version } of jobs.flat()) {
          const places = [
            ...router.sent.filter((message) => message.id === id).map(({ queueUrl }) => queueUrl),
            ...failed.filter((each) => each === id).map(() => "thrown"),
          ];
          const home = version === 1 && type !== "blind" ? (queueOf[type] ?? unroutableQueueUrl) : unroutableQueueUrl;
          const allowed = version === 1 && type === "blind" ? ["thrown"] : [home, "thrown"];
          expect(places, id).to.have.length(1);
          expect(allowed).to.include(places[0]);
        }
        expect(thrown !== undefined).to.equal(failed.length > 0);
        if (thrown) expect(thrown.message).to.contain(`${failed.length} of ${count} jobs`);
      }),
    );
  });
});
