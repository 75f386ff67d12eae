import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { healthOf, serveHealth, unhealthyReason } from "../../../worker-image/src/instance/health";
import { Vitals } from "../../../worker-image/src/instance/vitals";
import { Services } from "../../../worker-image/src/services/services";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeClock } from "../helpers/fakeClock";

describe("health", () => {
  guardAgainstLeaks();

  it("is good until receives have failed for long, unless the worker has jobs or drains", async () => {
    const clock = new FakeClock();
    const vitals = new Vitals(clock);
    const source = { isDraining: false, busySlots: 0, vitals };
    const { signal } = new AbortController();
    const fail = () => vitals.fetch(() => Promise.reject(new Error("throttled")), signal).catch(() => undefined);
    await fail();
    await clock.advance(119_999);
    await fail();
    expect(unhealthyReason(source, clock.now())).to.equal(undefined);
    await clock.advance(1);
    expect(unhealthyReason(source, clock.now())).to.match(/^receives have failed since 2026/);
    expect(unhealthyReason({ ...source, isDraining: true }, clock.now())).to.equal(undefined);
    const busy = healthOf({ ...source, busySlots: 1 }, clock.now());
    expect([busy.state, busy.reason]).to.deep.equal(["working", unhealthyReason(source, clock.now())]);
    await vitals.fetch(() => Promise.resolve([]), signal);
    expect(unhealthyReason(source, clock.now())).to.equal(undefined);
  });

  it("names the service, and blames no instance while any service answers it", async () => {
    const clock = new FakeClock();
    const services = new Services(clock);
    const gates = { sqs: services.gate("SQS"), fleet: services.gate("DynamoDB") };
    const vitals = new Vitals(clock);
    const source = { isDraining: false, busySlots: 0, vitals, services };
    const { signal } = new AbortController();
    const timeout = Object.assign(new Error("no answer"), { name: "TimeoutError" });
    const receive = () =>
      vitals.fetch(() => gates.sqs.run(() => Promise.reject(timeout)), signal).catch(() => undefined);
    await receive();
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000);
      await gates.fleet.run(() => Promise.resolve());
      await receive();
    }
    expect(healthOf(source, clock.now()).state).to.equal("working");
    expect(healthOf(source, clock.now()).reason).to.match(/^SQS has answered no call since 2026.*TimeoutError/);
    // A refusal is an answer, too.
    const refused = Object.assign(new Error("no"), { name: "AccessDenied", $metadata: { httpStatusCode: 400 } });
    await clock.advance(110_000);
    await gates.fleet.run(() => Promise.reject(refused)).catch(() => undefined);
    await clock.advance(110_000);
    expect(healthOf(source, clock.now()).state).to.equal("working");
    await clock.advance(20_000);
    expect(healthOf(source, clock.now()).state).to.equal("unhealthy");
  });

  it("has the time since which the worker is idle", async () => {
    const clock = new FakeClock();
    const vitals = new Vitals(clock);
    const start = clock.now();
    let finish: () => void = () => undefined;
    const work = vitals.work(() => new Promise<void>((resolve) => (finish = resolve)));
    expect(vitals.idleSince).to.equal(undefined);
    await clock.advance(10);
    finish();
    await work;
    expect(vitals.idleSince).to.equal(start + 10);
  });

  it("is served on loopback", async () => {
    const clock = new FakeClock();
    const source = { isDraining: false, busySlots: 2, vitals: { failingSince: undefined as number | undefined } };
    const server = serveHealth(0, source, clock, (error) => {
      throw error;
    });
    await once(server, "listening");
    const { port, address } = server.address() as AddressInfo;
    expect(address).to.equal("127.0.0.1");
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    const answer = async () => {
      const response = await ask("/healthz");
      return [response.status, await response.json()];
    };
    expect(await answer()).to.deep.equal([200, { state: "working", busySlots: 2 }]);
    source.isDraining = true;
    expect(await answer()).to.deep.equal([200, { state: "draining", busySlots: 2 }]);
    Object.assign(source, { isDraining: false, busySlots: 0, vitals: { failingSince: clock.now() - 120_000 } });
    const reason = `receives have failed since ${new Date(clock.now() - 120_000).toISOString()}`;
    expect(await answer()).to.deep.equal([503, { state: "unhealthy", reason, busySlots: 0 }]);
    expect((await ask("/")).status).to.equal(404);
    server.closeAllConnections();
    server.close();
  });
});
