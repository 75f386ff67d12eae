import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { buildWorker, distFolder, imageFolder } from "./helpers/build";
import { expectNoWorkers, WorkerProcess } from "./helpers/workerProcess";

interface LockFile {
  packages: Record<string, { name?: string; version?: string; dependencies?: object; resolved?: string }>;
}

const readJson = async <T>(file: string) => JSON.parse(await readFile(path.join(imageFolder, file), "utf8")) as T;

describe("The worker's image", () => {
  let manifest: { name: string; version: string; dependencies: Record<string, string> };
  let lock: LockFile;

  before(async () => {
    await buildWorker();
    manifest = await readJson("package.json");
    lock = await readJson("package-lock.json");
  });
  afterEach(expectNoWorkers);

  it("locks what package.json declares, for both architectures, and names no registry", () => {
    const { name, version, dependencies } = lock.packages[""]!;
    expect({ name, version, dependencies }).to.deep.equal({
      name: manifest.name,
      version: manifest.version,
      dependencies: manifest.dependencies,
    });
    for (const [dependency, wanted] of Object.entries(manifest.dependencies)) {
      expect(lock.packages[`node_modules/${dependency}`]?.version, dependency).to.equal(wanted);
    }
    expect(lock.packages).to.include.keys("node_modules/@img/sharp-linux-arm64", "node_modules/@img/sharp-linux-x64");
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).to.deep.equal([]);
  });

  it("requires nothing but Node's modules and the declared packages", async () => {
    const required = new Set<string>();
    for (const file of await readdir(distFolder, { recursive: true })) {
      if (!file.endsWith(".js")) continue;
      const text = await readFile(path.join(distFolder, file), "utf8");
      for (const [, name] of text.matchAll(/\brequire\("([^"]+)"\)/g)) required.add(name!);
    }
    const isKnown = (name: string) =>
      builtinModules.includes(name.replace(/^node:/, "")) || name in manifest.dependencies;
    expect([...required].filter((name) => !isKnown(name))).to.deep.equal([]);
    expect([...required]).to.include("sharp");
  });

  it("starts from dist/ and the declared packages alone", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "image with space-"));
    await cp(distFolder, path.join(folder, "dist"), { recursive: true });
    await symlink(path.join(imageFolder, "../node_modules"), path.join(folder, "node_modules"));
    const worker = new WorkerProcess({}, path.join(folder, "dist/main.js"));
    expect((await worker.exited).code).to.equal(1);
    expect(worker.events).to.have.length(1);
    expect(worker.events[0]).to.include({ event: "worker-not-started" });
    await rm(folder, { recursive: true });
  });

  it("runs nothing in the stage of the image's own architecture, so that it is built without an emulator", async () => {
    const text = await readFile(path.join(imageFolder, "Dockerfile"), "utf8");
    const stages = text.split(/^(?=FROM )/m).slice(1);
    const running = stages.filter((stage) => /^RUN /m.test(stage));
    expect(running).to.have.length(2);
    for (const stage of running) expect(stage).to.match(/^FROM --platform=\$BUILDPLATFORM /);
    expect(running[0]).to.include("--cpu=");
  });

  it("has one base, named by tag and perhaps by digest: a current Node on a current Debian, slim", async () => {
    const text = await readFile(path.join(imageFolder, "Dockerfile"), "utf8");
    expect(
      text.match(/^FROM .*$/gm)!.map((line) =>
        line
          .replace(/ AS \w+$/, "")
          .split(" ")
          .at(-1),
      ),
    ).to.deep.equal(Array(3).fill("$NODE_IMAGE"));
    expect(text.match(/^ARG NODE_IMAGE=.*$/gm)).to.have.length(1);
    expect(text).to.match(/^ARG NODE_IMAGE=node:24-trixie-slim(@sha256:[0-9a-f]{64})?$/m);
  });

  it("says its version in a label, and its times in one place", async () => {
    const text = await readFile(path.join(imageFolder, "Dockerfile"), "utf8");
    expect(text).to.include(`org.opencontainers.image.version="${manifest.version}"`);
    const component = await readFile(path.join(imageFolder, "../components/processor/WorkerImage.ts"), "utf8");
    const [, seconds] = /sourceDateEpoch = "(\d+)"/.exec(component)!;
    expect([...text.matchAll(/SOURCE_DATE_EPOCH=(\d+)/g)].map(([, given]) => given)).to.deep.equal(
      Array(3).fill(seconds),
    );
  });

  it("runs as a numeric user, in exec form, from files that the build context has", async () => {
    const lines = (await readFile(path.join(imageFolder, "Dockerfile"), "utf8")).split("\n");
    expect(lines.find((line) => line.startsWith("USER "))).to.match(/^USER [1-9]\d*:[1-9]\d*$/);
    expect(lines.find((line) => line.startsWith("ENTRYPOINT "))).to.match(
      /^ENTRYPOINT \["node", .*"dist\/main\.js"\]$/,
    );
    const sources = lines.filter((line) => line.startsWith("COPY ") && !line.includes("--from"));
    const copied = sources.flatMap((line) => line.split(" ").slice(1, -1));
    const ignored = (await readFile(path.join(imageFolder, ".dockerignore"), "utf8")).split("\n");
    for (const name of copied) expect(ignored, name).to.include(`!${name}`);
  });

  it("draws text by a configuration that names fonts which the image has", async () => {
    const dockerfile = await readFile(path.join(imageFolder, "Dockerfile"), "utf8");
    const configuration = await readFile(path.join(imageFolder, "fonts.conf"), "utf8");
    expect(dockerfile).to.include("FONTCONFIG_FILE=/worker/fonts.conf").and.include("dejavu-fonts-ttf/ttf/DejaVu");
    for (const family of configuration.matchAll(/<prefer><family>(DejaVu [\w ]+)<\/family>/g)) {
      const font = family[1]!.replace(/^DejaVu |\s/g, "");
      expect(dockerfile, font).to.match(new RegExp(`for font in .*\\b${font}\\b`));
    }
  });
});
