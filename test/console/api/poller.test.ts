import { expect } from "chai";
import type { Reply } from "../../../console/api/call";
import { Poller } from "../../../console/api/poller";
import { Trouble } from "../../../console/api/trouble";

/** A page with a clock of its own, and an API that answers as it is told. */
function createPage() {
  let now = 0;
  const timers = new Map<number, { at: number; task: () => void }>();
  const asked: { path: string; etag: string | undefined; at: number }[] = [];
  let answer = (): Promise<Reply> => Promise.resolve({ text: "1", etag: null });
  let ids = 0;
  const poller = new Poller({
    send: (path, { headers }) => {
      asked.push({ path, etag: headers["if-none-match"], at: now });
      return answer();
    },
    now: () => now,
    setTimer: (task, milliseconds) => {
      timers.set(++ids, { at: now + milliseconds, task });
      return ids;
    },
    clearTimer: (timer) => void timers.delete(timer as number),
    pace: { busy: 1_000, calm: 10_000 },
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return {
    poller,
    asked,
    settle,
    answers: (next: () => Promise<Reply>) => {
      answer = next;
    },
    /** Lets the time pass, timer by timer. */
    pass: async (milliseconds: number) => {
      const end = now + milliseconds;
      await settle();
      for (;;) {
        const [due] = [...timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at);
        if (!due) break;
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].task();
        await settle();
      }
      now = end;
    },
  };
}

const text =
  (value: string, etag: string | null = null) =>
  () =>
    Promise.resolve({ text: value, etag });

describe("The console's poller", () => {
  it("asks what is watched, at once and again, and nothing else", async () => {
    const { poller, asked, pass } = createPage();
    const live = poller.live("types", Number);
    expect(asked).to.deep.equal([]);
    const release = poller.watch("types");
    await pass(2_500);
    expect(asked.map(({ at }) => at)).to.deep.equal([0, 1_000, 2_000]);
    expect([live.value.value, live.asOf.value]).to.deep.equal([1, 2_000]);
    release();
    await pass(60_000);
    expect(asked).to.have.length(3);
  });

  it("sends the tag of the last answer, and keeps that answer where it is the same", async () => {
    const { poller, asked, pass, answers } = createPage();
    answers(text("5", '"a"'));
    const live = poller.live("types", Number);
    poller.watch("types");
    await pass(500);
    answers(() => Promise.resolve({ text: undefined, etag: '"a"' }));
    await pass(1_000);
    expect(asked.map(({ etag }) => etag)).to.deep.equal([undefined, '"a"']);
    expect([live.value.value, live.asOf.value]).to.deep.equal([5, 1_000]);
  });

  it("asks less often once nothing has moved for half a minute, and more often once something does", async () => {
    const { poller, asked, pass, answers } = createPage();
    poller.live("types", Number);
    poller.watch("types");
    await pass(100_000);
    const calm = asked.slice(-3).map(({ at }) => at);
    expect([calm[1]! - calm[0]!, calm[2]! - calm[1]!]).to.deep.equal([10_000, 10_000]);
    answers(text("2"));
    const before = asked.length;
    await pass(15_000);
    expect(asked.length - before).to.be.greaterThan(4);
  });

  it("asks for what hardly changes as seldom as it is told to, and takes its age from the rest", async () => {
    const { poller, asked, pass } = createPage();
    for (const path of ["job", "payload"]) poller.live(path, Number);
    poller.watch("job");
    poller.watch("payload");
    poller.pace("payload", 600_000);
    await pass(601_000);
    expect(asked.filter(({ path }) => path === "payload").map(({ at }) => at)).to.deep.equal([0, 600_000]);
    expect(poller.asOf.value).to.be.at.least(590_000);
  });

  it("asks nothing while the page is hidden or held, and at once afterwards", async () => {
    for (const still of ["setHidden", "hold"] as const) {
      const { poller, asked, pass } = createPage();
      poller.live("types", Number);
      poller.watch("types");
      await pass(100);
      poller[still](true);
      await pass(60_000);
      expect(asked, still).to.have.length(1);
      poller[still](false);
      await pass(0);
      expect(asked, still).to.have.length(2);
    }
  });

  it("stays held though the page was hidden meanwhile", async () => {
    const { poller, asked, pass } = createPage();
    poller.live("types", Number);
    poller.watch("types");
    await pass(100);
    poller.hold(true);
    poller.setHidden(true);
    poller.setHidden(false);
    await pass(60_000);
    expect(asked).to.have.length(1);
  });

  it("keeps the last answer in trouble, says it, and asks less and less often", async () => {
    const { poller, asked, pass, answers } = createPage();
    const live = poller.live("types", Number);
    poller.watch("types");
    await pass(500);
    answers(() => Promise.reject(new Trouble("down", "away")));
    await pass(60_000);
    expect(asked.map(({ at }) => at)).to.deep.equal([0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000, 45_000, 55_000]);
    expect([live.value.value, live.trouble.value?.message, poller.trouble.value?.message]).to.deep.equal([
      ...[1, "away", "away"],
    ]);
    answers(text("2"));
    await pass(10_000);
    expect([live.value.value, poller.trouble.value]).to.deep.equal([2, undefined]);
  });

  it("says no trouble of the page if a thing was never there, and does if it is there no longer", async () => {
    const { poller, pass, answers } = createPage();
    const [gone, known] = [poller.live("jobs/a", Number), poller.live("jobs/b", Number)];
    poller.watch("jobs/b");
    await pass(500);
    answers(() => Promise.reject(new Trouble("problem", "no such job")));
    poller.watch("jobs/a");
    await pass(100);
    expect([gone.trouble.value?.message, poller.trouble.value]).to.deep.equal(["no such job", undefined]);
    await pass(1_000);
    expect([known.trouble.value?.message, poller.trouble.value?.message]).to.deep.equal(["no such job", "no such job"]);
  });

  it("waits for as long as the API asks it to", async () => {
    const { poller, asked, pass, answers } = createPage();
    poller.live("types", Number);
    answers(() => Promise.reject(new Trouble("failing", "throttled", [], 40)));
    poller.watch("types");
    await pass(39_000);
    expect(poller.trouble.value, "once").to.equal(undefined);
    await pass(6_000);
    expect(asked.map(({ at }) => at)).to.deep.equal([0, 40_000]);
    expect(poller.trouble.value?.message).to.equal("throttled");
  });

  it("sends no request of a hidden page until it is seen", async () => {
    const { poller, asked, pass } = createPage();
    poller.setHidden(true);
    poller.live("types", Number);
    poller.watch("types");
    await pass(60_000);
    expect(asked).to.deep.equal([]);
    poller.setHidden(false);
    expect(asked).to.have.length(1);
  });

  it("says after 5 s that there is no answer yet", async () => {
    const { poller, pass, answers, settle } = createPage();
    let give!: (reply: Reply) => void;
    answers(() => new Promise((resolve) => (give = resolve)));
    poller.live("types", Number);
    poller.watch("types");
    await pass(4_900);
    expect(poller.trouble.value).to.equal(undefined);
    await pass(200);
    expect(poller.trouble.value?.message).to.equal("The API has not answered for 5 s");
    give({ text: "1", etag: null });
    await settle();
    expect(poller.trouble.value).to.equal(undefined);
  });

  it("asks once more after an act, though it was asking during it", async () => {
    const { poller, asked, pass, answers, settle } = createPage();
    let give!: (reply: Reply) => void;
    answers(() => new Promise((resolve) => (give = resolve)));
    poller.live("types", Number);
    poller.watch("types");
    await pass(10);
    poller.refresh();
    expect(asked).to.have.length(1);
    answers(text("2"));
    give({ text: "1", etag: null });
    await settle();
    expect(asked.map(({ at }) => at)).to.deep.equal([0, 10]);
  });

  it("says in words that an answer can't be read", async () => {
    const { poller, pass } = createPage();
    poller.live("types", () => {
      throw new Error("Expected types");
    });
    poller.watch("types");
    await pass(10);
    expect([poller.trouble.value?.kind, poller.trouble.value?.message]).to.deep.equal(["nonsense", "Expected types"]);
  });
});
