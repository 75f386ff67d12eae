import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { expect } from "chai";
import { BatchJobProcessor } from "../../components";
import { ComponentPlugin } from "../../plugin/ComponentPlugin";
import { record } from "../support/record";

const root = join(__dirname, "..", "..");

/** The host's calls to the plugin, from Pulumi's generated code. */
interface ProviderClient {
  getSchema(request: unknown, answer: (error: Error | null, response?: { getSchema(): string }) => void): void;
  close(): void;
}

describe("the plugin for other languages", () => {
  let host: ChildProcess | undefined;

  afterEach(() => host?.kill());

  it("is found by Pulumi's Node.js host in the package's folder, and serves the package's schema", async () => {
    // The host's own start, which takes the folder and the engine's address.
    const script = join(root, "node_modules", "@pulumi", "pulumi", "cmd", "run-plugin");
    host = spawn(process.execPath, [script, root, "127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(host.stdout!, "data")) as [Buffer];
    const client = connect(`127.0.0.1:${String(port).trim()}`);
    const schema = await new Promise<string>((resolve, reject) =>
      client.getSchema(new requests.GetSchemaRequest(), (error, response) =>
        error ? reject(error) : resolve(response!.getSchema()),
      ),
    );
    client.close();
    expect(schema).to.equal(readFileSync(join(root, "schema.json"), "utf8"));
  });

  it("makes what a program in TypeScript makes, and returns every output of the schema", async () => {
    const inputs = { processors: [{ name: "word-count", handler: "word-count" }], authorization: "none" };
    const token = "batch-job-processor:index:BatchJobProcessor";
    const expected = await record(() => new BatchJobProcessor("media", inputs as never));
    const made = await record(() => new ComponentPlugin().construct("media", token, inputs, {}));
    const urns = ({ resources }: typeof expected | typeof made) => resources.map(({ urn }) => urn).sort();
    expect(urns(made)).to.deep.equal(urns(expected));
    const { state } = await made.result;
    const { resources } = JSON.parse(await new ComponentPlugin().getSchema()) as {
      resources: Record<string, { properties: object }>;
    };
    expect(state).to.have.all.keys(Object.keys(resources[token]!.properties));
    for (const [name, value] of Object.entries(state)) expect(value, name).not.to.equal(undefined);
  });

  it("refuses other types by name", () => {
    expect(() => new ComponentPlugin().construct("media", "a:index:B", {}, {})).to.throw("got a:index:B");
  });
});

// eslint-disable-next-line @typescript-eslint/no-require-imports
const requests = require("@pulumi/pulumi/proto/provider_pb") as { GetSchemaRequest: new () => unknown };

function connect(address: string): ProviderClient {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb") as {
    ResourceProviderClient: new (address: string, credentials: grpc.ChannelCredentials) => ProviderClient;
  };
  return new ResourceProviderClient(address, grpc.credentials.createInsecure());
}
