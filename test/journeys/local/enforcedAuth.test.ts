import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { packageRoot } from "../../../contract/packageRoot";
import { jsonOf, spawnCli, type SpawnOptions } from "../../cli/support";
import { rejection } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

const processors = [{ name: "echo", handler: "echo", minInstances: 1 }];

describe("authorization that is enforced on this machine", () => {
  let handlers: Handlers;
  before(() => {
    handlers = createHandlers({ echo: `context.logger.info("echoing"); return { said: job.payload };` });
  });
  after(() => handlers?.remove());

  const cliOf =
    ({ url }: Journey) =>
    (args: string[], { env, ...more }: SpawnOptions = {}) =>
      spawnCli(args, { ...more, env: { BATCH_JOBS_URL: url, ...env } });

  /** A job from submission to its log, by the command line and without options. */
  async function worksByItself(journey: Journey): Promise<void> {
    const cli = cliOf(journey);
    const submitted = await cli(["submit", "echo", '"you & me"', "--id", "mine", "--wait", "--json"]);
    expect(submitted.code, submitted.stderr).to.equal(0);
    expect(jsonOf(submitted)).to.deep.include({ state: "succeeded", result: { said: "you & me" } });
    expect((await cli(["list", "--type", "echo", "--state", "succeeded"])).stdout).to.match(/^mine +echo +succeeded/m);
    expect((await cli(["logs", "mine"])).stdout).to.include("echoing");
    expect((await cli(["types"])).stdout).to.match(/^echo /m);
  }

  describe("iam", () => {
    let journey: Journey;
    before(async () => {
      journey = await startJourney(processors, handlers, {}, { enforceAuth: true });
    });
    after(() => journey?.stop());

    it("lets the command line work without options, and no other caller", async () => {
      await worksByItself(journey);
      expect(await journey.call("GET", "/jobs/mine")).to.deep.include({ status: 403, body: { message: "Forbidden" } });
      const unsigned = await cliOf(journey)(["status", "mine", "--no-sign"]);
      expect(unsigned.code).to.equal(1);
      const strange = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" };
      const region = journey.cloud.region;
      const stranger = new JobClient({ url: journey.url, authorization: "iam", region, credentials: strange });
      expect(await rejection(stranger.get("mine"))).to.include({ status: 403 });
    });

    it("keeps the idempotency keys of callers apart", async () => {
      const { region, credentials, callers, iam } = journey.cloud;
      const roleArn = iam.roles.list().find(({ arn }) => arn.includes("echo-fleet"))!.arn;
      iam.roles.putInline(roleArn, "calls", {
        Version: "2012-10-17",
        Statement: { Effect: "Allow", Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:*:*:*/*/POST/jobs" },
      });
      const submit = async (caller: typeof credentials) => {
        const client = new JobClient({ url: journey.url, authorization: "iam", region, credentials: caller });
        return (await client.submit("echo", 1, { idempotencyKey: "same" })).id;
      };
      const sessions = ["one", "two"].map((name) => callers.issue({ name, roleArn }));
      const own = await submit(credentials);
      expect(await submit(credentials)).to.equal(own);
      const [one, two] = [await submit(sessions[0]!), await submit(sessions[1]!)];
      expect(one, "another caller").to.not.equal(own);
      expect(two, "another session of one role").to.equal(one);
    });
  });

  describe("jwt", () => {
    const jwt = { issuer: "https://issuer.example", audiences: ["jobs"] };
    let journey: Journey;
    before(async () => {
      journey = await startJourney(processors, handlers, { jwt }, { enforceAuth: true });
    });
    after(() => journey?.stop());

    it("lets the command line work without options or with a token, and no other caller", async () => {
      await worksByItself(journey);
      const unauthorized = { status: 401, body: { message: "Unauthorized" } };
      expect(await journey.call("GET", "/jobs/mine")).to.deep.include(unauthorized);
      const cli = cliOf(journey);
      const issue = (audience: string) => journey.cloud.issuer.issue({ issuer: jwt.issuer, audience });
      expect((await cli(["status", "mine", "--token", issue("jobs")])).code).to.equal(0);
      expect((await cli(["status", "mine"], { env: { BATCH_JOBS_TOKEN: issue("jobs") } })).code).to.equal(0);
      expect((await cli(["status", "mine", "--token", issue("others")])).code).to.equal(1);
    });

    it("works as before when the program is deployed again, and otherwise once its authorization changes", async () => {
      const cli = cliOf(journey);
      const token = journey.cloud.apis.list()[0]!.access.bearerToken;
      await journey.redeploy({ throttling: { rateLimit: 7 } });
      expect(journey.cloud.apis.list()[0]!.access).to.deep.equal({ authorization: "jwt", bearerToken: token });
      await journey.redeploy({ jwt: { ...jwt, audiences: ["others"] } });
      expect((await cli(["types", "--token", token!])).code, "the old audience").to.equal(1);
      expect((await cli(["types"])).code).to.equal(0);
      await journey.redeploy({ authorization: "iam", jwt: undefined });
      expect((await journey.call("GET", "/types")).status).to.equal(403);
      expect((await cli(["types"])).code).to.equal(0);
    });
  });

  describe("npm start -- --enforce-auth", () => {
    const start = join(packageRoot(), "dist", "demo", "start.js");
    const children: ChildProcess[] = [];
    after(() => children.forEach((child) => child.kill("SIGKILL")));
    function run(...args: string[]) {
      const child = spawn(process.execPath, [start, "--enforce-auth", ...args], {
        cwd: packageRoot(),
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      return child;
    }

    it("says how the API is to be called, in JSON", async () => {
      const child = run("--json");
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const addresses = JSON.parse(line) as { url: string; authorization: string; apis: object[] };
      expect(addresses.authorization).to.equal("iam");
      expect(addresses.apis).to.have.length(1);
      expect(addresses.apis[0]).to.deep.include({ url: addresses.url, authorization: "iam" });
      expect((await fetch(`${addresses.url}types`)).status).to.equal(403);
      const types = await spawnCli(["types"], { env: { BATCH_JOBS_URL: addresses.url } });
      expect(types.stdout, types.stderr).to.match(/^checksum /m);
      child.kill("SIGTERM");
      await once(child, "exit");
    });

    it("prints lines that work as they stand", async () => {
      const child = run();
      let said = "";
      for await (const line of createInterface(child.stdout)) {
        said += `${line}\n`;
        if (line.includes("aws sqs list-queues")) break;
      }
      const lines = said.replaceAll(/\\\n */g, "").split("\n");
      const exports = lines.filter((line) => /^ {2}export /.test(line));
      const curl = lines.find((line) => /^ {2}curl .*[/]types$/.test(line))!;
      const { stdout } = await promisify(execFile)("sh", ["-c", [...exports, curl].join("\n")]);
      expect(JSON.parse(stdout)).to.have.property("types").that.is.an("array");
      expect(exports.join("\n")).to.match(/AWS_REGION=(\S+) AWS_DEFAULT_REGION=\1/);
      child.kill("SIGTERM");
      await once(child, "exit");
    });
  });
});
