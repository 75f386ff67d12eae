// Pulumi's Node language host, which comes with every installed CLI but is not in Go's module proxy: it
// runs programs and plugins for the engine, over the SDK's own protocol and entry points. It installs nothing and
// generates no code. The engine starts it and ends it; the first line that it prints is its port.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const grpc = require("@grpc/grpc-js");
const messages = require("@pulumi/pulumi/proto/language_pb.js");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js");
const plugins = require("@pulumi/pulumi/proto/plugin_pb.js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");
const { version } = require("@pulumi/pulumi/version.js");

/** The SDK's exit code for a program whose failure it has already reported. */
const alreadyExplained = 32;

let engine = process.argv.at(-1);
const running = new Set();

const answers = {
  handshake({ request }) {
    engine = request.getEngineAddress();
    return new messages.LanguageHandshakeResponse();
  },

  getPluginInfo: () => message(plugins.PluginInfo, { Version: version }),

  getRequiredPackages({ request }) {
    const packages = packagesBelow(request.getInfo().getProgramDirectory()).flatMap(dependency);
    return message(messages.GetRequiredPackagesResponse, { PackagesList: packages });
  },

  getProgramDependencies({ request }) {
    const { dependencies = {}, devDependencies = {} } = readPackage(request.getInfo().getProgramDirectory()) ?? {};
    const all = Object.entries({ ...dependencies, ...devDependencies });
    const infos = all.map(([Name, Version]) => message(messages.DependencyInfo, { Name, Version }));
    return message(messages.GetProgramDependenciesResponse, { DependenciesList: infos });
  },

  about: () => message(messages.AboutResponse, { Executable: process.execPath, Version: process.version }),

  async run({ request }) {
    const info = request.getInfo();
    const folder = info.getProgramDirectory();
    const options = info.getOptions()?.toJavaScript() ?? {};
    const flags = {
      monitor: request.getMonitorAddress(),
      engine,
      organization: request.getOrganization(),
      project: request.getProject(),
      "root-directory": info.getRootDirectory(),
      stack: request.getStack(),
      pwd: folder,
      parallel: String(request.getParallel()),
    };
    const args = [
      ...nodeArgs(options),
      entryPoint("@pulumi/pulumi/cmd/run", folder),
      ...Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info.getEntryPoint(),
      ...request.getArgsList(),
    ];
    const env = {
      ...process.env,
      ...typeScript(options),
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    };
    const child = start(args, { env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.pipe(process.stdout, { end: false });
    child.stderr.pipe(process.stderr, { end: false });
    const code = await ended(child);
    if (code === alreadyExplained) return message(messages.RunResponse, { Bail: true });
    return message(messages.RunResponse, { Error: code === 0 ? "" : `The program ended with exit code ${code}` });
  },

  cancel() {
    for (const child of running) child.kill("SIGINT");
    return new Empty();
  },
};

/** A message with these fields, by the names of their setters: `setExitcode` for `Exitcode`. */
function message(Type, fields) {
  const made = new Type();
  for (const [name, value] of Object.entries(fields)) made[`set${name}`](value);
  return made;
}

/** Runs a plugin of a folder, such as a component's, and streams what it prints. */
async function runPlugin(call) {
  const { request } = call;
  const info = request.getInfo();
  const folder = info.getProgramDirectory();
  const options = info.getOptions()?.toJavaScript() ?? {};
  const env = { ...Object.fromEntries(request.getEnvList().map(entryOf)), ...typeScript(options) };
  const args = [...nodeArgs(options), entryPoint("@pulumi/pulumi/cmd/run-plugin", folder), folder];
  const child = start([...args, ...request.getArgsList()], {
    cwd: request.getPwd(),
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const send = (fields) => call.write(message(messages.RunPluginResponse, fields));
  child.stdout.on("data", (Stdout) => send({ Stdout }));
  child.stderr.on("data", (Stderr) => send({ Stderr }));
  call.on("cancelled", () => child.kill());
  send({ Exitcode: await ended(child) });
  call.end();
}

function start(args, options) {
  const child = spawn(process.execPath, args, options);
  running.add(child);
  return child;
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

function nodeArgs({ nodeargs = "" }) {
  return nodeargs.split(" ").filter(Boolean);
}

function typeScript({ typescript = true }) {
  return typescript === false || typescript === "false" ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" };
}

function entryOf(text) {
  const equals = text.indexOf("=");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** The program's own SDK, not the one beside this file. */
function entryPoint(name, folder) {
  return createRequire(join(folder, "package.json")).resolve(name);
}

/** Installed packages, the nearest folder of them only: npm nests none of Pulumi's. */
function packagesBelow(folder) {
  const modules = join(folder, "node_modules");
  const names = (path) => {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  };
  const found = names(modules).flatMap((name) =>
    name.startsWith("@") ? names(join(modules, name)).map((inner) => join(name, inner)) : name,
  );
  return found.flatMap((name) => readPackage(join(modules, name)) ?? []);
}

function readPackage(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** The plugin that a package asks for, if any. */
function dependency({ name, version: packageVersion, pulumi }) {
  if (!pulumi?.resource) return [];
  const Name = pulumi.name ?? name.replace(/^@pulumi\//, "");
  const Version = `v${(pulumi.version ?? packageVersion).replace(/^v/, "")}`;
  return [message(plugins.PackageDependency, { Name, Kind: "resource", Version, Server: pulumi.server ?? "" })];
}

const unary = Object.entries(answers).map(([name, answer]) => [
  name,
  (call, callback) => {
    Promise.resolve()
      .then(() => answer(call))
      .then(
        (response) => callback(null, response),
        (error) => callback({ code: grpc.status.UNKNOWN, message: error.message }),
      );
  },
]);
const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(LanguageRuntimeService, {
  ...Object.fromEntries(unary),
  runPlugin: (call) => void runPlugin(call).catch((error) => call.destroy(error)),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(1);
  });
}
