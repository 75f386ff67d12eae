import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { listen, type Listener } from "../../contract/http/listen";
import { packageRoot } from "../../contract/packageRoot";

const root = packageRoot();
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

const index = (...platforms: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: platforms.map((name) => {
      const [os, architecture] = name.split("/");
      return { digest: `sha256:${"0".repeat(64)}`, platform: { os, architecture } };
    }),
  });
const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const both = index("linux/amd64", "linux/arm64", "unknown/unknown");

describe("npm run pin-base", () => {
  let folder: string;
  let registry: Listener;
  let manifest: string;
  let said: string | undefined;
  const requests: string[] = [];

  before(async () => {
    registry = await listen(answer, 0, "The registry");
  });
  after(() => registry.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "release-"));
    for (const name of ["tools", "worker-image"]) mkdirSync(join(folder, name));
    for (const name of ["pinBase.mjs", "project.mjs"]) cpSync(join(root, "tools", name), join(folder, "tools", name));
    const text = readFileSync(join(root, "worker-image", "Dockerfile"), "utf8");
    writeFileSync(join(folder, "worker-image", "Dockerfile"), text.replace(/^(ARG NODE_IMAGE=[^@\n]*).*$/m, "$1"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "release", version: "1.0.0", scripts }));
    [manifest, said] = [both, undefined];
    requests.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A registry of images that gives everybody a token, and asks for it. */
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, registry.address);
    requests.push(pathname);
    if (pathname === "/token") {
      expect(searchParams.get("service")).to.equal("registry.example");
      response.end(JSON.stringify({ token: `for ${searchParams.get("scope")}` }));
    } else if (request.headers.authorization !== "Bearer for repository:library/node:pull") {
      const challenge = `Bearer realm="${registry.address}/token",service="registry.example",scope="repository:library/node:pull"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    } else {
      expect(request.headers.accept).to.include("application/vnd.oci.image.index.v1+json");
      response.writeHead(200, { "docker-content-digest": said ?? digestOf(manifest) }).end(manifest);
    }
  }

  const run = (...args: string[]) =>
    new Promise<{ status: number; text: string }>((resolve) => {
      execFile(process.execPath, [join(folder, "tools", "pinBase.mjs"), ...args], (error, stdout, stderr) =>
        resolve({ status: error ? Number(error.code) : 0, text: stdout + stderr }),
      );
    });
  const pin = () => run("--registry", registry.address);
  const lineOf = () =>
    /^ARG NODE_IMAGE=.*$/m.exec(readFileSync(join(folder, "worker-image", "Dockerfile"), "utf8"))![0];

  it("writes the digest that the tag has now, with a token as Docker gets one, and writes it again", async () => {
    expect(await pin()).to.deep.equal({ status: 0, text: `node:24-trixie-slim is now ${digestOf(both)}\n` });
    expect(lineOf()).to.equal(`ARG NODE_IMAGE=node:24-trixie-slim@${digestOf(both)}`);
    expect(requests).to.deep.equal([
      "/v2/library/node/manifests/24-trixie-slim",
      "/token",
      "/v2/library/node/manifests/24-trixie-slim",
    ]);
    expect((await pin()).text).to.include("as before");
    manifest = index("linux/arm64", "linux/amd64");
    await pin();
    expect(lineOf()).to.equal(`ARG NODE_IMAGE=node:24-trixie-slim@${digestOf(manifest)}`);
  });

  it("writes nothing that the registry didn't send, or that lacks a platform", async () => {
    const before = lineOf();
    said = digestOf("another");
    expect((await pin()).text).to.include(`Expected a manifest of digest ${said}, got one of ${digestOf(both)}`);
    said = undefined;
    manifest = index("linux/amd64");
    expect(await pin()).to.deep.equal({
      status: 1,
      text: "Expected node:24-trixie-slim for linux/amd64 and linux/arm64, got none for linux/arm64\n",
    });
    expect(lineOf()).to.equal(before);
    const { status, text } = await run("--registry", "http://127.0.0.1:9");
    expect(status).to.equal(1);
    expect(text).to.match(/^fetch failed: .+\n$/);
  });

  it("is asked for by a release, which fails without it", async () => {
    expect(scripts.prepublishOnly).to.equal("node tools/pinBase.mjs --check");
    const publish = () =>
      new Promise<{ status: number; text: string }>((resolve) => {
        execFile("npm", ["run", "--silent", "prepublishOnly"], { cwd: folder }, (error, stdout, stderr) =>
          resolve({ status: error ? Number(error.code) : 0, text: stdout + stderr }),
        );
      });
    const refused = await publish();
    expect(refused.status).to.equal(1);
    expect(refused.text).to.include("The base node:24-trixie-slim has no digest: run npm run pin-base");
    await pin();
    expect(await publish()).to.deep.equal({ status: 0, text: "" });
  });
});
