import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { workerGroup, workerTemplate } from "../programs";
import { rejection, startTestCloud, type TestCloud, until } from "../support";
import { createIdleWorker } from "../workers";

describe("local scheduled actions", () => {
  const worker = createIdleWorker();
  const started: TestCloud[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((test) => test.stop()));
  });
  after(() => worker.remove());

  async function up(args: Partial<aws.autoscaling.ScheduleArgs>, scheduleSeconds?: number) {
    const test = await startTestCloud({ workerMain: worker.workerMain, stopGraceSeconds: 0.3, scheduleSeconds });
    started.push(test);
    const { name } = await test.up(() => {
      const group = workerGroup("group", workerTemplate("template"), { minSize: 0, maxSize: 5 });
      new aws.autoscaling.Schedule("schedule", {
        ...{ autoscalingGroupName: group.name, scheduledActionName: "peak" },
        ...{ minSize: 2, maxSize: -1, desiredCapacity: -1, ...args },
      });
      new aws.autoscaling.Policy("policy", { autoscalingGroupName: group.name, policyType: "TargetTrackingScaling" });
      return { name: group.name };
    });
    return { test, group: test.cloud.groups.find(String(name))! };
  }

  it("raise the minimum, and desired with it", async () => {
    const { group, test } = await up({ recurrence: "0 9 * * MON-FRI" }, 0.05);
    await until(() => group.settings.minSize === 2);
    expect(group.settings.maxSize).to.equal(5);
    expect([group.desiredCapacity, group.instances.length]).to.deep.equal([2, 2]);
    expect(group.activities.list()[0]!.cause).to.match(
      /a scheduled action update of AutoScalingGroup constraints to min: 2, max: 5, desired: 2 changing the desired/,
    );
    expect(test.logs.some(({ line }) => line.includes("no CloudWatch in the local cloud"))).to.equal(true);
  });

  it("run by the clock of their time zone, in summer and winter", async () => {
    const { test, group } = await up({ recurrence: "30 8 * * *", timeZone: "Europe/Berlin" });
    const next = (after: string) => test.cloud.scheduledActions.nextRun(`${group.name}/peak`, new Date(after));
    expect(next("2026-07-01T00:00:00Z")!.toISOString()).to.equal("2026-07-01T06:30:00.000Z");
    expect(next("2026-12-01T00:00:00Z")!.toISOString()).to.equal("2026-12-01T07:30:00.000Z");
    const utc = await up({ recurrence: "30 8 * * *" });
    const nextUtc = utc.test.cloud.scheduledActions.nextRun(`${utc.group.name}/peak`, new Date("2026-07-01T00:00:00Z"));
    expect(nextUtc!.toISOString()).to.equal("2026-07-01T08:30:00.000Z");
  });

  it("refuse invalid settings", async () => {
    for (const args of [
      { recurrence: "often" },
      { recurrence: "* * * * * *" },
      { recurrence: "0 9 * * *", timeZone: "Mars" },
    ]) {
      expect((await rejection(up(args))).message).to.contain("Expected a cron expression of five fields");
    }
  });
});
