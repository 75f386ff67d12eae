import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { deployedIn } from "../../../local-cloud/pulumi/deployedResources";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers } from "../support/stack";
import { type RegionalJobs, startTwoRegions, type TwoRegions } from "../support/twoRegions";

describe("components of one name in two regions", () => {
  let regions: TwoRegions;
  let handlers: Handlers;
  before(async () => {
    // A message that a worker can't let go in an outage comes back soon.
    const workerEnvironment = { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6", WORKER_MAX_BACKOFF_SECONDS: "5" };
    handlers = createHandlers({ echo: "note(`${job.payload} ${process.env.AWS_REGION}`); return job.payload;" });
    regions = await startTwoRegions(
      {
        processors: [{ name: "echo", handler: "echo", minInstances: 1 }],
        authorization: "none",
      },
      { workerMain: handlers.workerMain, workerEnvironment, scheduleSeconds: 1 },
    );
  });
  after(async () => {
    await regions.stop();
    handlers.remove();
  });

  const clientOf = ({ url }: RegionalJobs) => new JobClient({ url, maxAttempts: 1 });
  const submit = (jobs: RegionalJobs, text: string) => clientOf(jobs).submit("echo", text);
  const ends = async (jobs: RegionalJobs, id: string) =>
    until(
      async () => (await clientOf(jobs).get(id)).state === "succeeded",
      () => `${id} to succeed`,
    );

  it("make nothing by the default provider", () => {
    const { cloud } = regions;
    expect(cloud.region).to.equal("us-east-1");
    const stores = [cloud.messaging.queues(), cloud.lambdas.list(), cloud.groups.list(), cloud.apis.list()];
    expect(stores.flat()).to.deep.equal([]);
    expect([...cloud.messaging.keys().keys(), ...cloud.logs.groups.keys(), ...cloud.scheduler.list()]).to.deep.equal(
      [],
    );
    const templates = deployedIn(cloud).statesOf("aws:ec2/launchTemplate:LaunchTemplate");
    expect(templates.map(({ arn }) => String(arn).split(":")[3])).to.have.members(["us-east-2", "us-west-2"]);
  });

  it("run their own jobs, and know no others", async () => {
    const { east, west } = regions;
    for (const [here, there] of [
      [east, west],
      [west, east],
    ] as const) {
      const { region } = here.cloud;
      const { id } = await submit(here, `of ${region}`);
      await ends(here, id);
      expect(handlers.ledger()).to.include(`of ${region} ${region}`);
      expect((await fetch(`${there.url}/jobs/${id}`)).status).to.equal(404);
    }
    expect(handlers.ledger()).to.have.length(2);
  });

  for (const kind of ["refuse", "hang"] as const) {
    it(`lose one region (${kind}): the other's jobs go on, and its own run once it is back`, async () => {
      const { east, west } = regions;
      const started = handlers.ledger().length;
      const accepted = await Promise.all([...Array(10).keys()].map((count) => submit(east, `${kind} ${count}`)));
      east.cloud.outage.begin({ kind });
      const lost = submit(east, `${kind} lost`).then(
        () => undefined,
        (error: Error) => error,
      );
      for (let count = 0; count < 10; count++) await ends(west, (await submit(west, `${kind} west ${count}`)).id);
      east.cloud.outage.end();
      expect(await lost).to.be.an("error");
      for (const { id } of accepted) await ends(east, id);
      const ran = handlers.ledger().slice(started);
      const expected = [...Array(10).keys()].flatMap((count) => [
        `${kind} ${count} us-east-2`,
        `${kind} west ${count} us-west-2`,
      ]);
      expect(ran.filter((line) => !line.includes("lost"))).to.include.members(expected);
    });
  }
});
