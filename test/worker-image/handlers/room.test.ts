import { expect } from "chai";
import fc from "fast-check";
import { encodeWorkerSettings } from "../../../contract/workerSettings";
import { divideMachine } from "../../../worker-image/src/handlers/room";
import { readOptions } from "../../../worker-image/src/settings";
import { type FoundGpus } from "../../../worker-image/src/support/gpus";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { settings } from "../helpers/doubles";

describe("divideMachine", () => {
  guardAgainstLeaks();
  const machine = {
    vcpus: 4,
    megabytes: 8_000,
    findGpus: (): FoundGpus => ({ reason: "there is no nvidia-smi here" }),
  };

  it("gives each vCPU a slot and an equal share of the memory less the worker's", () => {
    const room = divideMachine({ slots: 0 }, machine);
    expect(room).to.deep.equal({ slots: 4, maxHeapMegabytes: 1_500, maxMemoryMegabytes: 1_936 });
    expect(divideMachine({ slots: 2 }, machine)).to.deep.include({ slots: 2, maxMemoryMegabytes: 3_872 });
  });

  it("has as many slots as the memory holds jobs, of which each has what it asks for", () => {
    const room = (memoryMegabytes: number) => divideMachine({ slots: 0, memoryMegabytes }, machine);
    expect(room(1_000)).to.deep.equal({ slots: 4, maxHeapMegabytes: 750, maxMemoryMegabytes: 1_000 });
    expect(room(3_000)).to.deep.include({ slots: 2, maxMemoryMegabytes: 3_000 });
    expect(room(7_744)).to.deep.include({ slots: 1, maxMemoryMegabytes: 7_744 });
    expect(room(7_745)).to.deep.include({ slots: 1, overcommitted: { jobsMegabytes: 7_744 } });
    const asked = divideMachine({ slots: 3, memoryMegabytes: 3_000 }, machine);
    expect(asked).to.deep.include({ slots: 3, overcommitted: { jobsMegabytes: 7_744 } });
  });

  it("keeps a heap that was asked for within what a job may hold, or makes room for it", () => {
    expect(divideMachine({ slots: 4, maxHeapMegabytes: 3_000 }, machine)).to.deep.include({ maxHeapMegabytes: 3_000, maxMemoryMegabytes: 3_128 }); // prettier-ignore
    const room = divideMachine({ slots: 4, memoryMegabytes: 500, maxHeapMegabytes: 400 }, machine);
    expect(room).to.deep.include({ maxHeapMegabytes: 400, maxMemoryMegabytes: 500 });
  });

  it("never promises more than there is without saying so, and always a slot", () => {
    const whole = (min: number, max: number) => fc.integer({ min, max });
    const memory = fc.option(whole(128, 100_000), { nil: undefined });
    fc.assert(
      fc.property(whole(0, 64), memory, whole(1, 192), whole(500, 400_000), (slots, each, vcpus, megabytes) => {
        const room = divideMachine({ slots, memoryMegabytes: each }, { vcpus, megabytes });
        expect(room.slots).to.equal(slots || Math.max(1, Math.min(vcpus, Math.floor((megabytes - 256) / (each ?? 1)))));
        if (each === undefined) return;
        expect(room.maxMemoryMegabytes).to.equal(each);
        expect(room.maxHeapMegabytes).to.be.below(each);
        expect(room.overcommitted !== undefined).to.equal(room.slots * each > megabytes - 256);
      }),
    );
  });

  it("gives each GPU a slot, as far as the memory reaches", () => {
    expect(divideMachine({ slots: 0 }, machine, 2)).to.deep.include({
      slots: 2,
      gpus: 2,
      maxMemoryMegabytes: 3_872,
    });
    expect(divideMachine({ slots: 0, memoryMegabytes: 4_000 }, machine, 8)).to.deep.include({
      slots: 1,
      gpus: 8,
    });
  });

  describe("in a worker's options", () => {
    const read = (more: Record<string, string>) =>
      readOptions({ ...encodeWorkerSettings(settings), WORKER_SLOTS: "0", ...more }, "/p", machine);

    it("is refused on an instance that is too small, with the figures", () => {
      const problemsOf = (more: Record<string, string>) => {
        const outcome = read(more);
        return outcome.ok ? [] : outcome.problems;
      };
      const path = "WORKER_MEMORY_MEGABYTES";
      expect(problemsOf({ [path]: "7000" })).to.deep.equal([]);
      expect(problemsOf({ [path]: "9000" })).to.deep.equal([
        { path, message: "Expected at most the 7744 MB that jobs have here, got 9000" },
      ]);
      expect(problemsOf({ [path]: "3000", WORKER_SLOTS: "4" })).to.deep.equal([
        { path, message: "Expected at most the 7744 MB that jobs have here ÷ 4 slots, got 3000" },
      ]);
      expect(problemsOf({ [path]: "1.5" })[0]).to.deep.include({ path });
    });

    it("is refused without a GPU where the jobs need one, in words, and with more slots than there are", () => {
      const options = (more: Record<string, string>, gpus: FoundGpus) => {
        const asked = { ...encodeWorkerSettings(settings), WORKER_SLOTS: "0", WORKER_GPU: "true", ...more };
        const outcome = readOptions(asked, "/p", { ...machine, findGpus: () => gpus });
        return outcome.ok ? outcome.value : outcome.problems;
      };
      expect(options({}, { reason: "there is no nvidia-smi here" })).to.deep.equal([
        {
          path: "WORKER_GPU",
          message: "Expected an NVIDIA GPU, since the processor has gpu: true, got none: there is no nvidia-smi here",
        },
      ]);
      expect(options({}, { count: 2 })).to.deep.include({ slots: 2, gpus: 2 });
      expect(options({ WORKER_SLOTS: "1" }, { count: 2 })).to.deep.include({ slots: 1, gpus: 2 });
      expect(options({ WORKER_SLOTS: "3" }, { count: 2 })).to.deep.equal([
        { path: "WORKER_SLOTS", message: "Expected at most the 2 GPUs that are here, got 3" },
      ]);
      const laptop = { WORKER_SLOTS: "3", WORKER_EXIT_WITH_PARENT: "1" };
      expect(options(laptop, { count: 2 })).to.deep.include({ slots: 2, gpus: 2 });
      expect(read({}).ok && read({})).not.to.have.nested.property("value.gpus");
    });

    it("is taken as it is on a developer's machine, which says so", () => {
      const outcome = read({ WORKER_MEMORY_MEGABYTES: "9000", WORKER_EXIT_WITH_PARENT: "1" });
      expect(outcome.ok && outcome.value).to.deep.include({
        ...{ slots: 1, maxMemoryMegabytes: 9_000, overcommitted: { jobsMegabytes: 7_744 } },
      });
    });
  });
});
