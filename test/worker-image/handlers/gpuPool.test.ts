import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CommandRunner } from "../../../worker-image/src/handlers/commands/commandRunner";
import { GpuPool } from "../../../worker-image/src/handlers/gpuPool";
import { HandlerRunner } from "../../../worker-image/src/handlers/javascript/handlerRunner";
import { type Runner } from "../../../worker-image/src/handlers/runner";
import { findGpus } from "../../../worker-image/src/support/gpus";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { buildWorker, distFolder, fixturesFolder } from "../helpers/build";
import { createRunnerParts } from "../helpers/runnerParts";

describe("GPUs", () => {
  guardAgainstLeaks();
  let folder: string;
  before(buildWorker);
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "gpus-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A machine's `nvidia-smi`. */
  const smi = (script: string) => {
    const file = join(folder, "nvidia-smi");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  it("are counted as nvidia-smi lists them, without parts of them", () => {
    const listed = 'echo "GPU 0: NVIDIA L4 (UUID: GPU-1)"; echo "  MIG 1g.6gb Device 0: (UUID: MIG-1)"; echo "GPU 1: NVIDIA L4 (UUID: GPU-2)"'; // prettier-ignore
    expect(findGpus(smi(`[ "$1" = -L ] && { ${listed}; }`), folder)).to.deep.equal({ count: 2 });
  });

  it("are counted by their devices where an image keeps nvidia-smi out", () => {
    for (const name of ["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"]) writeFileSync(join(folder, name), "");
    expect(findGpus(join(folder, "no-such-command"), folder)).to.deep.equal({ count: 2 });
  });

  it("are none for a reason: no command, no driver, none listed", () => {
    const missing = join(folder, "no-such-command");
    expect(findGpus(missing, folder)).to.deep.equal({ reason: `there is no ${missing} here` });
    const said = "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.";
    const command = smi(`echo "${said}"; exit 9`);
    expect(findGpus(command, join(folder, "no-such-folder"))).to.deep.equal({ reason: `${command} -L says: ${said}` });
    expect(findGpus(smi(":"), folder)).to.deep.equal({ reason: `${command} -L says: nothing` });
  });

  it("are assigned one by one, and returned once", () => {
    const pool = new GpuPool(2);
    const [first, second] = [pool.take(), pool.take()];
    expect([first, second].map(({ environment }) => environment.CUDA_VISIBLE_DEVICES)).to.deep.equal(["0", "1"]);
    second.release();
    second.release();
    expect(pool.take().environment).to.deep.equal({ CUDA_VISIBLE_DEVICES: "1" });
    first.release();
    expect(pool.take().environment).to.deep.equal({ CUDA_VISIBLE_DEVICES: "0" });
  });

  const kinds: Record<string, (gpus: GpuPool, goFile: string) => Runner> = {
    command: (gpus, goFile) =>
      new CommandRunner({
        ...createRunnerParts(),
        ...{ gpus, environment: { ...process.env, CUDA_VISIBLE_DEVICES: "7" }, timeoutSeconds: 60 },
        command: ["sh", "-c", `while [ ! -e ${goFile} ]; do sleep 0.02; done; echo $CUDA_VISIBLE_DEVICES`],
      }),
    handler: (gpus) =>
      new HandlerRunner({
        ...createRunnerParts(),
        ...{ gpus, maxHeapMegabytes: 64, entryPath: join(distFolder, "handlerMain.js") },
        modulePath: join(fixturesFolder, "code.cjs"),
      }),
  };
  for (const [kind, create] of Object.entries(kinds)) {
    it(`are each one job's alone, and the next one's after it: ${kind}`, async () => {
      const goFile = join(folder, "go");
      const code = `while (!require("node:fs").existsSync(${JSON.stringify(goFile)})) await new Promise((next) => setTimeout(next, 20));
        return Number(process.env.CUDA_VISIBLE_DEVICES)`;
      const pool = new GpuPool(3);
      const runner = create(pool, goFile);
      await runner.start();
      const run = () => {
        const job = { id: "a", type: "b", payload: { code }, attempt: 1, submittedAt: "" };
        return runner.run(job, new AbortController().signal, { traceparent: "", onProgress() {}, onLog() {} });
      };
      try {
        for (let round = 0; round < 2; round++) {
          const runs = [run(), run(), run()];
          writeFileSync(goFile, "");
          const results = (await Promise.all(runs)).map((outcome) => (outcome as { result?: unknown }).result);
          expect(results.sort()).to.deep.equal([0, 1, 2]);
          rmSync(goFile);
        }
      } finally {
        await runner.close();
      }
      expect(pool.take().environment).to.deep.equal({ CUDA_VISIBLE_DEVICES: "0" });
    });
  }
});
