import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endChild } from "../children";
import type { LocalCloud } from "../cloud";
import { temporaryFolder } from "../orphans";
import type { Project } from "../program/project";
import { type DeployOptions, reportDeployed, type StackOutputs } from "../pulumi/deploy";
import { noStandIns, standInsFile } from "../pulumi/standIns";
import { serveProvider } from "./providerServer";
import { runPulumi } from "./runPulumi";
import { writeStack } from "./stacks";

/** Milliseconds for the engine to end, once the cloud stops. */
const graceMilliseconds = 5_000;

/**
 * Deploys a project's program in any language, as `deploy` does one in Node, by the Pulumi CLI: with state and settings
 * in a temporary folder, and the local cloud in place of all providers.
 */
export async function startEngine(
  { folder, name: project, runtime, workingFolder }: Project,
  cloud: LocalCloud,
): Promise<(options: Omit<DeployOptions, "program">) => Promise<StackOutputs>> {
  const provider = await serveProvider(cloud, workingFolder);
  const { resources } = provider;
  const home = temporaryFolder();
  const state = join(home, "state");
  mkdirSync(state);
  let child: ReturnType<typeof runPulumi>["child"] | undefined;
  cloud.companions.push({
    async stop() {
      if (child) await endChild(child, graceMilliseconds);
      provider.stop();
      rmSync(home, { recursive: true, force: true });
    },
  });

  function run(...args: string[]): Promise<string> {
    const env = {
      ...(process.env as Record<string, string>),
      PULUMI_HOME: join(home, "home"),
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "local",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_DEBUG_PROVIDERS: provider.addresses(),
    };
    const say = (stream: "stdout" | "stderr", line: string) =>
      cloud.log({ source: "cloud", name: "pulumi", stream, line });
    const started = runPulumi([...args, "--non-interactive"], { runtime, cwd: folder, env, say });
    child = started.child;
    return started.ended;
  }

  async function up(stack: string, settings: string): Promise<void> {
    resources.notEmulated.clear();
    const flags = ["--stack", stack, "--config-file", settings, "--yes", "--skip-preview", "--json"];
    await run("up", ...flags).catch(async (error: Error) => {
      const missing = /no resource plugin 'pulumi-resource-([\w-]+)'/.exec(error.message)?.[1];
      if (missing === undefined) throw new Error(withWayOut(error.message), { cause: error });
      await provider.add(missing);
      await up(stack, settings);
    });
  }

  return async (options) => {
    const { stack, config = {}, standIns = noStandIns, isUpdate } = options;
    try {
      Object.assign(resources, { standIns, hasSteadyNames: !isUpdate });
      for (const [name, outputs] of Object.entries(standIns.stackReferences)) writeStack(state, name, outputs);
      if (!isUpdate) writeStack(state, `organization/${project}/${stack}`);
      const settings = join(home, `Pulumi.${stack}.yaml`);
      writeFileSync(settings, JSON.stringify({ config: Object.fromEntries(Object.entries(config).map(asInFile)) }));
      await up(stack, settings);
      const outputs = await run("stack", "output", "--json", "--show-secrets", "--stack", stack);
      reportDeployed(options, [...resources.notEmulated]);
      if (!isUpdate) cloud.resume();
      return JSON.parse(outputs) as StackOutputs;
    } catch (error) {
      if (!isUpdate) await cloud.stop();
      throw error;
    }
  };
}

/** Adds what to do about a reference to another stack, which the engine looks for in the temporary folder. */
function withWayOut(message: string): string {
  if (message.includes("organization name must be 'organization'")) {
    return `${message}, as a program that asks Pulumi for its organization gets to know`;
  }
  const [, stack] = /unknown stack "(.*)"/.exec(message) ?? [];
  const line = `stackReferences: { ${stack}: { OUTPUT: value } }`;
  return stack === undefined ? message : `${message}: say what it exports in ${standInsFile}: ${line}`;
}

/** A setting, of which the engine takes objects and arrays as such. */
function asInFile([key, text]: [string, string]): [string, unknown] {
  if (!/^[{[]/.test(text)) return [key, text];
  try {
    return [key, JSON.parse(text)];
  } catch {
    return [key, text];
  }
}
