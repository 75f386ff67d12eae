import { expect } from "chai";
import { wedged } from "../../../contract/fleet/state";
import type { Group } from "../../../local-cloud/autoScaling/group";
import { workerGroup, workerTemplate } from "../programs";
import { startTestCloud, type TestCloud, until } from "../support";
import { createIdleWorker } from "../workers";

describe("a local instance whose worker ends by itself", () => {
  const worker = createIdleWorker();
  let test: TestCloud;
  let group: Group;

  /** An instance in service; its worker exits with the code when it gets SIGUSR2. */
  async function start(exitCode: number) {
    test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3 });
    const { name } = await test.up(() => ({
      name: workerGroup("group", workerTemplate("template", { VALUE: String(exitCode) }), { minSize: 0, maxSize: 1 })
        .name,
    }));
    group = test.cloud.groups.find(String(name))!;
    group.setDesiredCapacity(1);
    await until(() => group.instances[0]?.lifecycleState === "InService");
    return group.instances[0]!;
  }
  const startsOf = (id: string) => test.logs.filter(({ name, line }) => name === id && line.includes(`"id":"${id}"`));
  const endWorker = async (count: number) => {
    const [instance] = group.instances;
    await until(() => startsOf(instance!.id).length === count);
    process.kill(instance!.pid!, "SIGUSR2");
  };

  afterEach(() => test.stop());
  after(() => worker.remove());

  it(`is replaced once a handler that can't be killed ended it ${wedged.mostExits} times`, async () => {
    const { id } = await start(wedged.exitCode);
    for (let count = 1; count < wedged.mostExits; count++) await endWorker(count);
    await until(() => startsOf(id).length === wedged.mostExits);
    expect(group.instances.map((instance) => instance.id)).to.deep.equal([id]);
    await endWorker(wedged.mostExits);
    await until(() => group.instances[0]?.id !== id && group.instances[0]?.lifecycleState === "InService");
    const ends = test.logs.filter(({ line }) => line.includes(`Instance ${id} ended by itself (status ${wedged.exitCode})`)); // prettier-ignore
    expect(ends).to.have.length(1);
    expect(startsOf(id)).to.have.length(wedged.mostExits);
  });

  it("stays after as many ends of another kind", async () => {
    const { id } = await start(1);
    for (let count = 1; count <= wedged.mostExits; count++) await endWorker(count);
    await until(() => startsOf(id).length === wedged.mostExits + 1);
    expect(group.instances.map((instance) => instance.id)).to.deep.equal([id]);
  });
});
