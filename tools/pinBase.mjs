// Writes the present digest of the tag of the worker image's base into worker-image/Dockerfile: for a release, so that
// its image is the same whenever it is built, and each release brings Debian's and Node's patches. `--check` only says
// if there is a digest. `--registry URL` asks another registry, such as a mirror or a test's.
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMain, root } from "./project.mjs";

const pattern = /^ARG NODE_IMAGE=(([a-z0-9./-]+):([\w.-]+))(@sha256:[0-9a-f]{64})?$/m;
const dockerHub = "https://registry-1.docker.io";

/** An index of images, one for each platform: by Docker's name and by OCI's. */
const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/** The platforms that the workers' images are built for. */
const platforms = ["linux/amd64", "linux/arm64"];

/** The base that a Dockerfile names: its repository, tag, and digest if it has one. */
function readBase(dockerfile) {
  const match = pattern.exec(dockerfile);
  if (!match) throw new Error("Expected a line ARG NODE_IMAGE=name:tag in the Dockerfile, found none");
  const [, image, repository, tag, digest] = match;
  return {
    image,
    repository: repository.includes("/") ? repository : `library/${repository}`,
    tag,
    digest: digest?.slice(1),
  };
}

function writeBase(dockerfile, digest) {
  return dockerfile.replace(pattern, `ARG NODE_IMAGE=$1@${digest}`);
}

/** The digest of the tag's index, which is checked against the registry's answer. */
async function resolveDigest({ image, repository, tag }, registry = dockerHub) {
  const url = new URL(`/v2/${repository}/manifests/${tag}`, registry);
  const headers = { accept: indexTypes.join(", ") };
  let answer = await fetch(url, { headers });
  if (answer.status === 401) {
    const token = await fetchToken(answer.headers.get("www-authenticate") ?? "");
    answer = await fetch(url, { headers: { ...headers, authorization: `Bearer ${token}` } });
  }
  if (!answer.ok) throw new Error(`Expected the manifest of ${image} from ${url.host}, got status ${answer.status}`);
  const body = Buffer.from(await answer.arrayBuffer());
  const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  const said = answer.headers.get("docker-content-digest");
  if (said !== null && said !== digest) throw new Error(`Expected a manifest of digest ${said}, got one of ${digest}`);
  const { manifests = [] } = JSON.parse(body.toString());
  const present = manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
  const missing = platforms.filter((platform) => !present.includes(platform));
  if (missing.length > 0)
    throw new Error(`Expected ${image} for ${platforms.join(" and ")}, got none for ${missing.join(" and ")}`);
  return digest;
}

/** By the registry's challenge: a public image needs no login ("Token Authentication Specification", Distribution). */
async function fetchToken(challenge) {
  const parameters = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  if (!/^bearer /i.test(challenge) || !parameters.realm) {
    throw new Error(`Expected a registry that gives tokens to anybody, got the challenge ${JSON.stringify(challenge)}`);
  }
  const url = new URL(parameters.realm);
  for (const name of ["service", "scope"]) if (parameters[name]) url.searchParams.set(name, parameters[name]);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`Expected a token from ${url.host}, got status ${answer.status}`);
  const { token, access_token: other } = await answer.json();
  return token ?? other;
}

async function main([option, value]) {
  const file = join(root, "worker-image", "Dockerfile");
  const dockerfile = readFileSync(file, "utf8");
  const base = readBase(dockerfile);
  if (option === "--check") {
    if (base.digest) return;
    throw new Error(
      `The base ${base.image} has no digest: run npm run pin-base and commit what it writes, before a release`,
    );
  }
  const digest = await resolveDigest(base, option === "--registry" ? value : undefined);
  writeFileSync(file, writeBase(dockerfile, digest));
  console.log(digest === base.digest ? `${base.image} is ${digest}, as before` : `${base.image} is now ${digest}`);
}

if (isMain(import.meta.url)) {
  await main(process.argv.slice(2)).catch(({ message, cause }) => {
    console.error(cause ? `${message}: ${cause.message}` : message);
    process.exitCode = 1;
  });
}
