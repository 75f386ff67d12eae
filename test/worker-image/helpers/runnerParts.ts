import { tmpdir } from "node:os";
import { JobFolders } from "../../../worker-image/src/handlers/jobFolders";
import { JobProcesses, markVariable } from "../../../worker-image/src/handlers/processes/jobProcesses";
import { ProcessGroups } from "../../../worker-image/src/handlers/processes/processGroups";
import { systemClock } from "../../../worker-image/src/support/clock";
import { FakeLog } from "./doubles";

/** Parts that the runners of a worker share. */
export function createRunnerParts(log = new FakeLog(), maxMemoryMegabytes = 1_000) {
  const processes = new JobProcesses(systemClock);
  const groups = new ProcessGroups(`${markVariable}=${processes.prefix}`);
  const folders = new JobFolders(tmpdir(), log.log);
  return { processes, groups, folders, maxMemoryMegabytes, clock: systemClock, log: log.log };
}
