import { expect } from "chai";
import { Poller, type SlotEvents, type Untaken } from "../../../worker-image/src/queue/poller";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeClock, settled } from "../helpers/fakeClock";

/** A poller over a list of names, whose work the test ends by name. */
function createPoller(slots: number, prefetch = 0, random = () => 1) {
  const clock = new FakeClock();
  const waiting: string[] = [];
  const asked: number[] = [];
  const errors: { message: string; failuresInARow: number }[] = [];
  const working = new Map<string, { resolve(untaken?: Untaken): void; reject(error: Error): void }>();
  const failures: Error[] = [];
  let wake = () => {};
  const noted: string[] = [];
  const freeSlot = new Map<string, () => void>();
  const taken = new Map<string, () => void>();
  const alone = new Map<string, Pick<SlotEvents, "beAlone" | "endAlone">>();
  const poller = new Poller<string>({
    slots,
    prefetch,
    clock,
    random,
    async fetch(maxMessages, signal) {
      asked.push(maxMessages);
      if (failures.length > 0) throw failures.shift()!;
      if (waiting.length === 0) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      }
      return waiting.splice(0, maxMessages);
    },
    onWait: (name) => noted.push(`${name} waits`),
    onMessage: (name, { free, onTaken, ...rest }) => {
      alone.set(name, rest);
      freeSlot.set(name, free);
      taken.set(name, onTaken);
      return new Promise((resolve, reject) => working.set(name, { resolve, reject }));
    },
    onLeftOver: async (name) => void noted.push(`${name} left`),
    onError: (error, failuresInARow) => errors.push({ message: (error as Error).message, failuresInARow }),
  });
  const put = async (...names: string[]) => {
    waiting.push(...names);
    wake();
    await settled();
  };
  const finish = async (name: string) => {
    working.get(name)!.resolve();
    working.delete(name);
    await settled();
  };
  return { poller, clock, asked, errors, working, failures, put, finish, noted, freeSlot, taken, alone };
}

describe("Poller", () => {
  guardAgainstLeaks();

  it("asks for as many as slots are free, 10 at the most", async () => {
    const { poller, asked, put } = createPoller(12);
    const run = poller.run();
    await put(..."abcdefghij");
    expect(asked).to.deep.equal([10, 2]);
    expect(poller.busySlots).to.equal(10);
    poller.stop();
    void run;
  });

  it("lets messages be the only one in turn: what waits is left, and nothing else is begun", async () => {
    const { poller, asked, put, finish, noted, working, alone } = createPoller(3, 2);
    void poller.run();
    await put("a", "suspect", "other", "d", "e");
    expect(await alone.get("suspect")!.beAlone(false)).to.equal(false);
    const order: string[] = [];
    const first = alone
      .get("suspect")!
      .beAlone(true)
      .then(() => order.push("suspect"));
    const second = alone
      .get("other")!
      .beAlone(false)
      .then(() => order.push("other"));
    await settled();
    expect(noted).to.deep.equal(["d waits", "e waits", "d left", "e left"]);
    expect([order, [...working.keys()]]).to.deep.equal([[], ["a", "suspect", "other"]]);
    const before = asked.length;
    await finish("a");
    await first;
    await settled();
    expect(order).to.deep.equal(["suspect"]);
    await finish("suspect");
    alone.get("suspect")!.endAlone();
    await second;
    expect([order, asked.length]).to.deep.equal([["suspect", "other"], before]);
    await finish("other");
    alone.get("other")!.endAlone();
    await put("f");
    expect([...working.keys()]).to.include("f");
    poller.stop();
  });

  it("lets messages that come together take turns at being the only one, unless another of them is at work", async () => {
    const { poller, put, finish, taken, alone } = createPoller(4);
    void poller.run();
    const order: string[] = [];
    const ask = (name: string) => {
      taken.get(name)!();
      void alone.get(name)!.beAlone(false).then((isAlone) => order.push(`${name} ${isAlone}`)); // prettier-ignore
    };
    await put("a", "b", "c");
    ask("a");
    await settled();
    ask("b");
    await settled();
    expect(order).to.deep.equal([]);
    ask("c");
    await settled();
    for (const name of ["a", "b", "c"]) {
      expect(order.splice(0)).to.deep.equal([`${name} true`]);
      await finish(name);
      alone.get(name)!.endAlone();
      await settled();
    }
    await put("d", "e", "f");
    ask("d");
    ask("f");
    await settled();
    expect(order).to.deep.equal([]);
    taken.get("e")!();
    await settled();
    expect(order).to.have.members(["d false", "f false"]);
    poller.stop();
  });

  it("doesn't wait for the slowest", async () => {
    const { poller, asked, working, put, finish } = createPoller(3);
    void poller.run();
    await put("slow", "a", "b");
    expect(asked).to.deep.equal([3]);
    for (const name of ["a", "b", "c", "d"]) {
      await put(`${name}${name}`);
      await finish(name === "c" ? "aa" : name === "d" ? "bb" : name);
    }
    expect(working.has("slow")).to.equal(true);
    expect([...working.keys()]).to.include.members(["cc", "dd"]);
    expect(Math.max(...asked.slice(1))).to.equal(1);
    poller.stop();
  });

  it("asks for nothing while no slot is free", async () => {
    const { poller, asked, put, finish, clock } = createPoller(1);
    void poller.run();
    await put("a", "b");
    await clock.advance(60_000);
    expect(asked).to.deep.equal([1]);
    await finish("a");
    expect(asked).to.deep.equal([1, 1]);
    poller.stop();
  });

  it("backs off from errors, continues, and forgets them", async () => {
    const { poller, clock, asked, errors, failures, working, put } = createPoller(1);
    failures.push(new Error("throttled"), new Error("throttled"), new Error("down"));
    void poller.run();
    await clock.advance(499);
    expect(asked).to.have.length(1);
    await clock.advance(1);
    expect(asked).to.have.length(2);
    await clock.advance(999);
    expect(asked).to.have.length(2);
    await clock.advance(10_000);
    expect(errors.map(({ failuresInARow }) => failuresInARow)).to.deep.equal([1, 2, 3]);
    await put("a");
    expect(working.has("a")).to.equal(true);
    poller.stop();
  });

  it("doesn't spin on a fetch that fails at once if the random pause is zero", async () => {
    const { poller, clock, asked, failures } = createPoller(1, 0, () => 0);
    failures.push(new Error("refused"), new Error("refused"));
    void poller.run();
    await clock.advance(49);
    expect(asked).to.have.length(1);
    await clock.advance(1);
    expect(asked).to.have.length(2);
    await clock.advance(49);
    expect(asked).to.have.length(2);
    await clock.advance(1);
    expect(asked).to.have.length(3);
    poller.stop();
  });

  it("backs off from messages that can't be taken, one at a time, until one is", async () => {
    const { poller, clock, asked, errors, working, put, taken } = createPoller(4);
    void poller.run();
    await put("a", "b");
    const refuse = async (name: string) => {
      working.get(name)!.resolve({ error: new Error("no table") });
      working.delete(name);
      await settled();
    };
    await refuse("a");
    await refuse("b");
    expect(errors).to.deep.equal([{ message: "no table", failuresInARow: 1 }]);
    const before = asked.length;
    // The fetch that was under way may bring one more.
    await put("c");
    await refuse("c");
    await clock.advance(500);
    expect(asked.slice(before)).to.deep.equal([1]);
    await put("d", "e", "f");
    await clock.advance(60_000);
    expect(asked.slice(before)).to.deep.equal([1]);
    await refuse("d");
    await clock.advance(999);
    expect(asked.slice(before)).to.deep.equal([1]);
    await clock.advance(1);
    expect(working.has("e")).to.equal(true);
    taken.get("e")!();
    await settled();
    expect(working.has("f")).to.equal(true);
    expect(asked.at(-1)).to.be.greaterThan(1);
    poller.stop();
  });

  it("stops at once in mid-poll, and ends when the last message is done with", async () => {
    const { poller, errors, put, finish } = createPoller(2);
    let hasEnded = false;
    const run = poller.run().then(() => (hasEnded = true));
    await put("a");
    poller.stop();
    await settled();
    expect(hasEnded).to.equal(false);
    await finish("a");
    await run;
    expect(errors).to.deep.equal([]);
  });

  it("stops while it backs off or has no free slot, and leaves no timer", async () => {
    const failing = createPoller(1);
    failing.failures.push(new Error("throttled"));
    const failed = failing.poller.run();
    await settled();
    failing.poller.stop();
    await failed;
    expect(failing.clock.pendingTimers).to.equal(0);

    const full = createPoller(1);
    const run = full.poller.run();
    await full.put("a");
    full.poller.stop();
    await full.finish("a");
    await run;
  });

  it("keeps the slot free of a message whose work rejects", async () => {
    const { poller, errors, working, put, asked } = createPoller(1);
    void poller.run();
    await put("a");
    working.get("a")!.reject(new Error("unexpected"));
    await settled();
    expect(errors).to.deep.equal([{ message: "unexpected", failuresInARow: 0 }]);
    expect(asked).to.deep.equal([1, 1]);
    poller.stop();
  });

  it("fetches ahead, and begins what waits as slots become free", async () => {
    const { poller, asked, noted, working, put, finish } = createPoller(2, 4);
    void poller.run();
    await put(..."abcdef");
    expect(asked).to.deep.equal([6]);
    expect([...working.keys()]).to.deep.equal(["a", "b"]);
    expect(noted).to.deep.equal(["c waits", "d waits", "e waits", "f waits"]);
    await finish("b");
    expect([...working.keys()]).to.deep.equal(["a", "c"]);
    expect(asked).to.deep.equal([6]);
    await finish("a");
    expect(asked).to.deep.equal([6, 2]);
    poller.stop();
  });

  it("gives a slot to the next message before the last one is settled, up to 100 of them", async () => {
    const { poller, asked, freeSlot, working, put, finish } = createPoller(1);
    const run = poller.run();
    for (let job = 0; job < 101; job++) {
      await put(`j${job}`);
      freeSlot.get(`j${job}`)!();
    }
    await settled();
    expect([poller.busySlots, poller.unfinished, asked.length]).to.deep.equal([0, 101, 101]);
    await put("next");
    expect(working.has("next")).to.equal(false);
    await finish("j7");
    expect(working.has("next")).to.equal(true);
    poller.stop();
    for (const name of [...working.keys()]) await finish(name);
    await run;
  });

  it("releases what waits when it is stopped, and ends after that", async () => {
    const { poller, noted, put, finish } = createPoller(1, 2);
    const run = poller.run();
    await put("a", "b", "c");
    poller.stop();
    expect(noted.slice(2)).to.deep.equal(["b left", "c left"]);
    await finish("a");
    await run;
  });

  it("has one call wait for a worker of two slots once one brought less than was asked for", async () => {
    const open: { count: number; answer: (messages: number[]) => void }[] = [];
    const ends: (() => void)[] = [];
    const poller = new Poller<number>({
      slots: 2,
      prefetch: 0,
      clock: new FakeClock(),
      random: () => 1,
      fetch: (count) => new Promise((answer) => open.push({ count, answer })),
      onWait: () => {},
      onMessage: () => new Promise((end) => ends.push(() => end(undefined))),
      onLeftOver: async () => {},
      onError: () => {},
    });
    void poller.run();
    open[0]!.answer([1]);
    await settled();
    ends[0]!();
    await settled();
    expect(open.map(({ count }) => count)).to.deep.equal([2, 1]);
    open[1]!.answer([]);
    await settled();
    expect(open.map(({ count }) => count)).to.deep.equal([2, 1, 2]);
  });

  it("fetches side by side while fetches come back full, and with one call once the queue is dry", async () => {
    const clock = new FakeClock();
    const open: { count: number; answer: (messages: number[]) => void }[] = [];
    const poller = new Poller<number>({
      slots: 30,
      prefetch: 0,
      clock,
      random: () => 1,
      fetch: (count) => new Promise((answer) => open.push({ count, answer })),
      onWait: () => {},
      onMessage: () => new Promise(() => {}),
      onLeftOver: async () => {},
      onError: () => {},
    });
    void poller.run();
    expect(open.map(({ count }) => count)).to.deep.equal([10]);
    open[0]!.answer(Array.from({ length: 10 }, (_, index) => index));
    await settled();
    expect(open.map(({ count }) => count)).to.deep.equal([10, 10, 10]);
    open[1]!.answer([]);
    await settled();
    expect(open).to.have.length(3);
    open[2]!.answer([]);
    await settled();
    expect(open).to.have.length(4);
  });
});
