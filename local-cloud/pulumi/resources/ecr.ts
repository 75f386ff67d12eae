import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { accountId } from "../../account";
import { type Properties, text } from "../../properties";
import { arnOf, physicalName, type ResourceHandler, type ResourceHandlers } from "../resource";

const repository: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const repositoryUrl = `${accountId}.dkr.ecr.${cloud.region}.amazonaws.com/${name}`;
    const arn = arnOf(cloud, "ecr", `repository/${name}`);
    return { id: name, state: { ...inputs, name, arn, registryId: accountId, repositoryUrl } };
  },
};

const lifecyclePolicy: ResourceHandler = {
  create: (inputs) => ({ id: text(inputs, "repository"), state: { ...inputs, registryId: accountId } }),
};

/** Nothing is built: the digest is that of the build context's files. */
const image: ResourceHandler = {
  async create(inputs, { programFolder = "." }) {
    const [tag] = (inputs.tags ?? []) as string[];
    if (!tag) throw new Error("Expected `tags` to name the image, got none");
    const { location } = (inputs.context ?? {}) as Properties as { location?: string };
    const digest = `sha256:${await hashOfFolder(resolve(programFolder, location ?? "."))}`;
    const ref = `${tag}@${digest}`;
    return { id: ref, state: { ...inputs, digest, ref } };
  },
};

export const ecr: ResourceHandlers = {
  "aws:ecr/repository:Repository": repository,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": lifecyclePolicy,
  "docker-build:index:Image": image,
};

/** Hash of the files that would be sent to the builder: packages are installed in the image. */
export async function hashOfFolder(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  for (const name of files.map((file) => relative(folder, file)).sort()) {
    if (name.split(sep).includes("node_modules")) continue;
    hash
      .update(`${name}\0`)
      .update(await readFile(join(folder, name)))
      .update("\0");
  }
  return hash.digest("hex");
}
