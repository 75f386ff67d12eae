import { expect } from "chai";
import { FakeFrontend } from "../support/fakeFrontend";

const day = 24 * 3_600_000;

describe("a front end whose clock jumps", () => {
  let at: number;
  let frontend: FakeFrontend;
  beforeEach(() => {
    at = Date.parse("2026-11-02T10:00:00Z");
    frontend = new FakeFrontend({ now: () => at });
  });

  for (const [jump, name] of [
    [-day, "a day back"],
    [day, "a day ahead"],
  ] as const) {
    it(`holds a replayed job back until the time that it was first promised, ${name}`, async () => {
      const job = { id: "a", type: "word-count", payload: {}, delaySeconds: 60 };
      const first = await frontend.request("POST", "/jobs", job);
      at += jump;
      const replay = await frontend.request("POST", "/jobs", job);
      expect([first.status, replay.status]).to.deep.equal([202, 202]);
      const sent = [...frontend.published, ...frontend.scheduled];
      expect(sent.map(({ notBefore }) => notBefore)).to.deep.equal(Array(2).fill("2026-11-02T10:01:00.000Z"));
      expect(sent.map(({ submittedAt }) => submittedAt)).to.deep.equal(Array(2).fill("2026-11-02T10:00:00.000Z"));
    });

    it(`neither ends a job that runs nor takes it for ended, ${name}`, async () => {
      await frontend.request("POST", "/jobs", { id: "a", type: "word-count", payload: {} });
      const running = { state: "running", attempts: 1, worker: "w", leaseUntil: at + 30_000 } as const;
      frontend.put({ ...frontend.record("a")!, ...running, startedAt: new Date(at).toISOString() });
      at += jump;
      const { json } = await frontend.request("GET", "/jobs/a");
      expect(json).to.include({ state: "running", attempts: 1 });
      expect(frontend.record("a")).to.include(running);
    });
  }
});
