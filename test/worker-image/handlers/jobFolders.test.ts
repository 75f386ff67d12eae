import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { JobFolders } from "../../../worker-image/src/handlers/jobFolders";
import { FakeLog } from "../helpers/doubles";

describe("JobFolders", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), "job-folders-"))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** A folder as a worker with that process id leaves it, with an attempt's in it. */
  function leave(pid: number, name: string): string {
    const folder = path.join(root, `batch-job-worker-${pid}-${name}`);
    mkdirSync(path.join(folder, "attempt", "locked"), { recursive: true });
    writeFileSync(path.join(folder, "attempt", "locked", "part"), "x");
    chmodSync(path.join(folder, "attempt", "locked"), 0o500);
    return folder;
  }

  async function endedPid(): Promise<number> {
    const child = spawn("true");
    const exited = once(child, "exit");
    await exited;
    return child.pid!;
  }

  it("removes what workers before it left at its start, and nothing of others", async () => {
    const gone = leave(await endedPid(), "aaaaaa");
    const own = leave(process.pid, "bbbbbb");
    const living = leave(process.ppid, "cccccc");
    const strange = ["batch-job-worker-", "batch-job-worker-x-aaaaaa", "somebody's"].map((name) =>
      path.join(root, name),
    );
    for (const folder of strange) mkdirSync(folder);
    const file = path.join(root, `batch-job-worker-${await endedPid()}-file`);
    writeFileSync(file, "");
    const folders = new JobFolders(root, new FakeLog().log);
    await folders.start();
    expect([gone, own].filter(existsSync)).to.deep.equal([]);
    expect([living, file, ...strange].filter((kept) => !existsSync(kept))).to.deep.equal([]);
    const attempt = folders.create();
    expect(readdirSync(attempt)).to.deep.equal([]);
    await folders.close();
    expect(existsSync(attempt)).to.equal(false);
    expect(readdirSync(root)).to.have.length(5);
    chmodSync(path.join(living, "attempt", "locked"), 0o700);
  });
});
