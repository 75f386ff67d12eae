import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { type ProcessorArgs } from "../../../components";
import { deployedIn } from "../../../local-cloud/pulumi/deployedResources";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Each is found nowhere but where it belongs. */
const marks = {
  password: "marker-of-the-password",
  key: "-----BEGIN KEY-----\nmarker-line-one\nmarker-line-two\n-----END KEY-----\n",
  parameter: "marker-of-the-parameter",
  given: "marker-that-was-given",
};
const elsewhere = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/api-Ab12Cd";

const brief = { slots: 1, maxInstances: 1, drainSeconds: 1, backoffSeconds: 1, maxAttempts: 1 };
const processors: ProcessorArgs[] = [
  { name: "module", handler: "tell", ...brief },
  {
    name: "inline",
    ...brief,
    handle: () => Promise.resolve({ password: process.env.DB_PASSWORD, key: process.env.TLS_KEY }),
  },
  {
    name: "command",
    command: ["sh", "-c", 'echo "token $API_TOKEN" >&2; printf "{\\"password\\": \\"%s\\"}" "$DB_PASSWORD"'],
    ...brief,
  },
  { name: "command-fails", command: ["sh", "-c", 'echo "no entry for $DB_PASSWORD" >&2; exit 3'], ...brief },
  {
    name: "unreadable",
    handler: "tell",
    ...brief,
    secrets: { LATER: "arn:aws:ssm:us-east-1:123456789012:parameter/not/there" },
  },
];

/** Secrets that the program makes, and one that it doesn't. */
function secretsOfProgram() {
  const login = new aws.secretsmanager.Secret("login");
  new aws.secretsmanager.SecretVersion("login", {
    secretId: login.id,
    secretString: JSON.stringify({ username: "jobs", password: marks.password, port: 5_432 }),
  });
  const key = new aws.secretsmanager.Secret("key", { name: "tls/key" });
  new aws.secretsmanager.SecretVersion("key", { secretId: key.id, secretString: marks.key });
  const token = new aws.ssm.Parameter("token", { name: "/jobs/token", type: "SecureString", value: marks.parameter });
  return {
    secrets: {
      DB_PASSWORD: login.arn.apply((arn) => `${arn}#password`),
      DB_PORT: login.arn.apply((arn) => `${arn}#port`),
      TLS_KEY: key.arn,
      API_TOKEN: token.arn,
      GIVEN: elsewhere,
    },
  };
}

describe("secrets, from end to end", () => {
  let journey: Journey;
  let handlers: Handlers;

  before(async () => {
    handlers = createHandlers({
      tell: `
        const { DB_PASSWORD, DB_PORT, TLS_KEY, API_TOKEN, GIVEN, WORKER_SECRETS } = process.env;
        const told = { password: DB_PASSWORD, port: DB_PORT, key: TLS_KEY, parameter: API_TOKEN, given: GIVEN };
        if (!job.payload.fails) return told;
        console.log("standard output has " + DB_PASSWORD);
        console.log(TLS_KEY);
        context.logger.warn("the log has " + JSON.stringify(told), told);
        throw new Error("the login jobs:" + DB_PASSWORD + " failed", { cause: new Error("and so does " + API_TOKEN) });`,
    });
    const options = { secrets: { GIVEN: marks.given }, stopGraceSeconds: 1 };
    journey = await startJourney(processors, handlers, secretsOfProgram, options);
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("reach handlers of each kind, line breaks and keys of JSON included, and results show them", async () => {
    const jobs = ["module", "inline", "command"].map(
      async (type) => (await journey.reaches(await journey.submit(type, {}), "succeeded")).result,
    );
    const { password, key, parameter, given } = marks;
    expect(await Promise.all(jobs)).to.deep.equal([
      { password, port: "5432", key, parameter, given },
      { password, key },
      { password },
    ]);
  });

  it("are masked in errors, and in all that is logged", async () => {
    const id = await journey.submit("module", { fails: true });
    const { error } = await journey.reaches(id, "failed");
    expect(error).to.deep.include({ name: "Error", message: "the login jobs:*** failed: and so does ***" });
    expect((error as { frames: string[] }).frames.map((frame) => frame.split(" ")[0])).to.deep.equal([
      "handle",
      "caused",
    ]);
    const other = await journey.reaches(await journey.submit("command-fails", {}), "failed");
    expect(other.error).to.deep.equal({ name: "Rejected", message: "no entry for ***" });
    const lines = () => journey.logs.map(({ line }) => line);
    await until(() => lines().some((line) => line.includes(id) && line.includes("job-failed")));
    expect(lines().filter((line) => line.includes("standard output has ***"))).to.have.length(1);
    expect(lines().filter((line) => line.includes("the log has {"))).to.have.length(1);
    expect(lines().filter((line) => line.includes('"message":"token ***"'))).to.have.length(1);
    expect(lines().filter((line) => line.includes("marker"))).to.deep.equal([]);
  });

  it("are in no user data, no table, no queue and no function's environment", async () => {
    const { cloud } = journey;
    const { TableNames } = await cloud.calls.dynamodb<{ TableNames: string[] }>("ListTables", {});
    const tables = await Promise.all(
      TableNames.map((TableName) => cloud.calls.dynamodb<{ Items: Record<string, unknown>[] }>("Scan", { TableName })),
    );
    // A result is the handler's own to give.
    const items = tables.flatMap(({ Items }) => Items).map((item) => ({ ...item, result: undefined }));
    const templates = deployedIn(cloud).statesOf("aws:ec2/launchTemplate:LaunchTemplate");
    const userData = templates.map((state) => Buffer.from(String(state.userData), "base64").toString());
    const letters = Object.values(journey.outputs.deadLetterQueueUrls).flatMap(
      (url) => cloud.messaging.queue(url)!.messages,
    );
    const functions = cloud.lambdas.list().map(({ spec }) => spec.environment);
    expect(items).not.to.have.length(0);
    expect(letters).to.have.length(2);
    expect(userData.every((text) => text.includes("WORKER_SECRETS="))).to.equal(true);
    expect(JSON.stringify([items, userData, letters, functions])).not.to.include("marker");
  });

  it("that can't be read keep a worker from its start, which says why by the variable's name", async () => {
    await journey.submit("unreadable", {});
    const fitting = () => journey.logs.map(({ line }) => line).find((line) => line.includes("secret-read-retried"));
    await until(() => fitting() !== undefined);
    expect(JSON.parse(fitting()!)).to.deep.include({ secret: "LATER", jobType: "unreadable" });
  });

  it("without a value are reported before a job comes", () => {
    expect(journey.cloud.secrets.missing()).to.deep.equal(["LATER"]);
    expect(journey.cloud.secrets.superfluous()).to.deep.equal([]);
  });
});
