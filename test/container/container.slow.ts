import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import sharp from "sharp";
import type { ProcessorArgs } from "../../components";
import { bootSettings } from "../../components/boot/userData";
import { packageRoot } from "../../contract/packageRoot";
import { shellCommands } from "../docs/shellCommands";
import { type Journey, startJourney } from "../journeys/support/stack";
import { baseName, importBase } from "./support/base";
import type { ContainerWorkers } from "./support/containerWorker";
import { type Engine, run, startEngine } from "./support/engine";
import { createProject, type Project } from "./support/project";
import { serveRegistry, serveText, type TlsServer } from "./support/registry";

const root = packageRoot();
const stock = "batch-job-worker";

/** Bytes that the image may add to its base. */
const maxMegabytes = 33;

interface Image {
  Id: string;
  Size: number;
  RootFS: { Layers: string[] };
  Config: { Env: string[]; Labels: Record<string, string>; User: string };
}

describe("the worker's image", () => {
  let engine: Engine;
  let project: Project;
  const imageOf = async (name: string) => (JSON.parse(await engine.docker("image", "inspect", name)) as [Image])[0];
  const platform = `linux/${process.arch === "x64" ? "amd64" : "arm64"}`;

  before(async () => {
    engine = await startEngine();
    await importBase(engine);
    project = createProject(engine, "project");
  });
  after(() => engine?.stop());

  it("is built by the command of its README, and adds no more to its base than it should", async () => {
    await project.build("worker-image/README.md", `-t ${stock}`);
    const [image, base] = [await imageOf(stock), await imageOf(baseName)];
    expect((image.Size - base.Size) / 1e6).to.be.within(1, maxMegabytes);
    expect(image.Config.User).to.equal("1000:1000");
    expect(image.Config.Env).to.include("LANG=C.UTF-8");
    expect(image.Config.Labels).to.include({ "org.opencontainers.image.base.name": baseName });
  });

  it("has one digest from another folder, by a private registry of packages behind a proxy's certificate", async () => {
    const folder = join(engine.folder, "registry");
    mkdirSync(folder);
    const token = "token-of-the-private-registry";
    const registry = await serveRegistry(folder, token);
    try {
      const npmrc = `registry=${registry.address}\n//${new URL(registry.address).host}/:_authToken=${token}\n`;
      const ca = readFileSync(registry.certificate, "utf8");
      const other = createProject(engine, "deeper", { ".npmrc": npmrc, "ca.pem": ca });
      // Another umask, and times of its own.
      await run("chmod", ["-R", "go-rwx", join(other.folder, "worker-image")]);
      const first = await imageOf(stock);
      await other.build("docs/deploy.md", "--secret", { flags: "--no-cache" });
      const second = await imageOf(stock);
      expect(registry.requests.filter((path) => path.endsWith(".tgz")).length).to.be.greaterThan(20);
      expect(second.RootFS.Layers).to.deep.equal(first.RootFS.Layers);
      // BuildKit before 0.11 writes the time of the build into the image's configuration, whatever it is told.
      if (await knowsSourceDate(engine)) expect(second.Id).to.equal(first.Id);
      else expect(second.Config).to.deep.equal(first.Config);
      const saved = join(engine.folder, "saved.tar");
      await engine.docker("save", "--output", saved, stock);
      for (const secret of [token, ca.split("\n")[5]!]) {
        expect(await countOf(secret, saved), "a secret in the image").to.equal(0);
      }
      expect(await countOf("worker-not-started", saved)).to.be.greaterThan(0);
    } finally {
      await registry.stop();
    }
  });

  it("says that it needs BuildKit if there is none, and what a network may lack", async () => {
    const context = join(root, "worker-image");
    const base = ["--build-arg", `NODE_IMAGE=${baseName}`];
    const legacy = { ...engine.env, DOCKER_BUILDKIT: "0" };
    const without = await run(engine.client, ["build", ...base, context], { env: legacy }).catch(
      (error: Error) => error.message,
    );
    expect(without).to.include("requires BuildKit");
    const npmrc = join(engine.folder, "nowhere.npmrc");
    writeFileSync(npmrc, "registry=http://127.0.0.1:9/\nfetch-retries=0\n");
    const flags = ["--no-cache", "--network", "host", ...base, "--platform", platform];
    const lost = engine.docker("build", ...flags, "--secret", `id=npmrc,src=${npmrc}`, context);
    const words = await lost.catch((error: Error) => error.message);
    expect(words).to.include("ECONNREFUSED").and.include("the head of the Dockerfile says what");
  });

  it("loses nothing when more is installed on top of it, as its README has it", async () => {
    await project.build("worker-image/README.md", "-t my-worker");
    const list = (image: string) =>
      engine.docker(
        "run",
        "--rm",
        "--network",
        "none",
        "--entrypoint",
        "sh",
        image,
        "-c",
        "ls node_modules node_modules/@*",
      );
    const before = (await list(stock)).split("\n");
    expect(await list("my-worker").then((text) => text.split("\n"))).to.include.members([...before, "pdf-lib"]);
  });

  it("loads each of its packages by require and by import", async () => {
    const script = `(async () => { const { dependencies } = require("/worker/package.json");
      for (const name of Object.keys(dependencies)) console.log(name, typeof require(name), typeof (await import(name)));
    })().catch((error) => { console.error(error); process.exit(1); })`;
    const flags = ["run", "--rm", "--network", "none", "--entrypoint", "node", stock, "-e", script];
    expect((await engine.docker(...flags)).trim().split("\n").length).to.be.greaterThan(5);
  });

  it("is all that the documents build", () => {
    const built = shellCommands().filter(({ text }) => text.startsWith("docker build "));
    expect(built.map(({ file }) => file).sort()).to.deep.equal([
      "docs/deploy.md",
      "worker-image/README.md",
      "worker-image/README.md",
    ]);
  });

  describe("run by the unit of an instance", () => {
    let server: TlsServer;
    let journey: Journey;
    let s3: S3Client;
    let instances: string;

    before(async () => {
      await engine.docker(
        ...["build", "--network", "host", "--build-arg", `WORKER=${stock}`, "--platform", platform],
        ...["-t", "statistics", join(root, "examples", "commands", "image")],
      );
      const folder = join(engine.folder, "trusting");
      mkdirSync(folder);
      server = await serveText(folder, "over TLS");
      writeFileSync(join(folder, "Dockerfile"), trusting);
      await engine.docker("build", "--network", "host", "-t", "trusting", folder);

      instances = join(engine.folder, "instances");
      mkdirSync(instances);
      const images = { ...imagesOf(processors), "room-here": undefined };
      journey = await startJourney(processors, undefined, inputs, {
        workerMain: containerMain(engine, instances, images),
      });
      const { endpoint, region, credentials } = journey.cloud;
      s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    });
    after(async () => {
      s3?.destroy();
      await journey?.stop();
      await server?.stop();
    });

    const run = async (type: string, payload: unknown) => {
      const job = await journey.reaches(await journey.submit(type, payload), "succeeded");
      return job.result as Record<string, unknown>;
    };

    it("runs the built-in handlers", async () => {
      const [words, checksum] = await Promise.all([
        run("word-count", { text: "to be or not to be" }),
        run("checksum", { text: "abc" }),
      ]);
      expect(words.words).to.equal(6);
      expect(checksum.sha256).to.match(/^ba7816bf/);
      const written = readdirSync(instances).map((id) => readFileSync(join(instances, id, "bin", "arguments"), "utf8"));
      expect(written.every((text) => text.includes("--read-only\n--cap-drop\nALL\n"))).to.equal(true);
    });

    it("draws the text of an SVG, letter by letter", async () => {
      const draw = async (text: string, family: string) => {
        const Key = `${text}-${family}.svg`.toLowerCase();
        const Body = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60"><rect width="400" height="60" fill="white"/><text x="5" y="45" font-size="40" font-family="${family}">${text}</text></svg>`;
        await s3.send(new PutObjectCommand({ Bucket: bucketName, Key, Body }));
        const output = `s3://${bucketName}/${Key}.png`;
        await run("thumbnail", { input: `s3://${bucketName}/${Key}`, width: 400, output });
        const stored = await s3.send(new GetObjectCommand({ Bucket: bucketName, Key: `${Key}.png` }));
        return widthOf(Buffer.from(await stored.Body!.transformToByteArray()));
      };
      // Boxes in the place of letters would all be of one width.
      expect(await draw("MMMMMM", "Arial")).to.be.greaterThan(2 * (await draw("llllll", "Arial")));
      expect(await draw("MMMMMM", "monospace")).to.be.lessThan(1.3 * (await draw("llllll", "monospace")));
      expect(journey.logs.filter(({ line }) => line.includes("Fontconfig"))).to.deep.equal([]);
    });

    it("runs inline handlers, which write, execute and delete two gigabytes in their folder, as on this machine", async () => {
      const [there, here] = [await run("room", {}), await run("room-here", {})];
      expect(there).to.deep.equal({ bytes: 2 * 1_024 ** 3, said: "ran\n", left: 0 });
      expect(here).to.deep.equal(there);
    });

    it("runs commands and modules of images of one's own, the documents' and the examples'", async () => {
      const [words, pages, statistics] = await Promise.all([
        run("count", { text: "to be" }),
        run("pages", { pages: 3 }),
        run("statistics", { numbers: [2, 4, 4, 4, 5, 5, 7, 9] }),
      ]);
      expect(words).to.deep.equal({ words: 2, attempt: 1 });
      expect(pages).to.deep.equal({ pages: 3, start: "%PDF-" });
      expect(statistics).to.include({ mean: 5 });
    });

    it("calls over TLS from Python by its default context, and trusts no other certificate", async () => {
      expect(await run("fetch", { url: server.address })).to.deep.equal({ text: "over TLS", authorities: "many" });
      const distrusted = await journey.reaches(await journey.submit("fetch-stock", { url: server.address }), "failed");
      expect((distrusted.error as { message: string }).message).to.include("CERTIFICATE_VERIFY_FAILED");
    });

    it("empties the folders of ended jobs", () => {
      for (const id of readdirSync(instances)) {
        const scratch = join(instances, id, "disk", "scratch");
        if (!existsSync(scratch)) continue;
        const files = readdirSync(scratch, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        expect(
          files.map(({ name }) => name),
          id,
        ).to.deep.equal([]);
      }
    });
  });
});

const bucketName = "pictures-of-the-container";

function inputs() {
  const bucket = new aws.s3.Bucket("pictures", { bucket: bucketName, forceDestroy: true });
  const objects = bucket.arn.apply((arn) => `${arn}/*`);
  return { image: stock, policyStatements: [{ Action: ["s3:GetObject", "s3:PutObject"], Resource: objects }] };
}

/** Writes a program of 2 GiB into the folder, runs it, and deletes it. */
const room = {
  async handle(_job: unknown, context: { directory: string }) {
    const { execFile } = await import("node:child_process");
    const { chmod, open, readdir, rm, stat } = await import("node:fs/promises");
    const { promisify } = await import("node:util");
    const path = `${context.directory}/program`;
    const file = await open(path, "w");
    const chunk = Buffer.alloc(64 * 1_024 ** 2, "\n");
    chunk.write("#!/bin/sh\necho ran\nexit 0\n");
    for (let written = 0; written < 2 * 1_024 ** 3; written += chunk.length) await file.write(chunk);
    await file.close();
    await chmod(path, 0o700);
    const { size } = await stat(path);
    const { stdout } = await promisify(execFile)(path);
    await rm(path);
    return { bytes: size, said: stdout, left: (await readdir(context.directory)).length };
  },
} satisfies Partial<ProcessorArgs>;

const fetchText = [
  "import json, ssl, sys, urllib.request",
  "context = ssl.create_default_context()",
  'text = urllib.request.urlopen(json.load(sys.stdin)["payload"]["url"], context=context).read().decode()',
  'print(json.dumps({"text": text, "authorities": "many" if len(context.get_ca_certs()) > 100 else "few"}))',
].join("; ");

/** The README's image, with a server of this test among whom it trusts. */
const trusting = `FROM my-worker
USER root
COPY ca.pem /tmp/
RUN cat /tmp/ca.pem >> /etc/ssl/certs/ca-certificates.crt
USER 1000:1000
`;

const processors: ProcessorArgs[] = [
  { name: "word-count", handler: "word-count" },
  { name: "checksum", handler: "checksum" },
  { name: "thumbnail", handler: "thumbnail" },
  { name: "room", ...room, timeoutSeconds: 300 },
  { name: "room-here", ...room, timeoutSeconds: 300 },
  { name: "count", command: ["python3", "/count.py"], image: "my-worker" },
  { name: "pages", handler: "pages", image: "my-worker" },
  { name: "statistics", command: ["python3", "image/statistics_of.py"], image: "statistics" },
  { name: "fetch", command: ["python3", "-c", fetchText], image: "trusting" },
  { name: "fetch-stock", command: ["python3", "-c", fetchText], image: "my-worker", maxAttempts: 1 },
];

function imagesOf(list: ProcessorArgs[]): Record<string, string | undefined> {
  return Object.fromEntries(list.map(({ name, image }) => [name, (image as string | undefined) ?? stock]));
}

/** A worker's main module that runs the types' workers in containers of their images. */
function containerMain(engine: Engine, folder: string, images: Record<string, string | undefined>): string {
  const settings = Object.entries(images).flatMap(([type, image]) => {
    if (image === undefined) return [];
    const more = { region: "us-east-1", logGroup: "none", launchHook: "worker-ready", stopTimeoutSeconds: 30 };
    return [[type, bootSettings({ type, image, ...more })] as const];
  });
  const workers: ContainerWorkers = {
    folder,
    boot: join(root, "worker-image", "boot"),
    client: engine.client,
    env: { DOCKER_HOST: engine.env.DOCKER_HOST!, DOCKER_CONFIG: engine.env.DOCKER_CONFIG! },
    settings: Object.fromEntries(settings),
    workerMain: join(root, "worker-image", "dist", "main.js"),
  };
  const main = join(engine.folder, "main.js");
  const modules = [require.resolve("../support/loader.cjs"), join(__dirname, "support", "containerWorker.ts")];
  const [register, worker] = modules.map((path) => JSON.stringify(path));
  writeFileSync(main, `require(${register});\nvoid require(${worker}).runWorker(${JSON.stringify(workers)});\n`);
  return main;
}

/** From the first column of a picture that isn't white to the last. */
async function widthOf(png: Buffer): Promise<number> {
  const { info } = await sharp(png).trim({ background: "white", threshold: 40 }).toBuffer({ resolveWithObject: true });
  return info.width;
}

async function knowsSourceDate(engine: Engine): Promise<boolean> {
  const version = await engine.docker("version", "--format", "{{.Server.Version}}");
  return Number(version.split(".")[0]) >= 24;
}

async function countOf(text: string, file: string): Promise<number> {
  const found = await run("bash", ["-c", 'grep -c -a -F -e "$0" "$1" || true', text, file]);
  return Number(found);
}
