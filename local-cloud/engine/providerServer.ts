import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { LocalCloud } from "../cloud";
import { EngineResources } from "./engineResources";
import { Server, ServerCredentials } from "./grpc";
import { providerService } from "./providerService";

/** A local cloud that the real Pulumi engine deploys to. */
export interface ProviderServer {
  resources: EngineResources;
  /** Serves a further package. */
  add(packageName: string): Promise<void>;
  /** Packages and their ports, as the engine takes them in `PULUMI_DEBUG_PROVIDERS`. */
  addresses(): string;
  stop(): void;
}

/** Packages whose providers the local cloud replaces: those of the component, and of dynamic resources. */
const usual = ["aws", "awsx", "docker", "docker-build", "random", "pulumi-nodejs", "pulumi-python"];

/** Serves the local cloud's resources by Pulumi's provider protocol, on the loopback interface. */
export async function serveProvider(cloud: LocalCloud, programFolder?: string): Promise<ProviderServer> {
  const resources = new EngineResources(cloud, programFolder);
  const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
  const servers: InstanceType<typeof Server>[] = [];
  const ports: string[] = [];
  const add = async (packageName: string) => {
    const server = new Server(unlimited);
    servers.push(server);
    server.addService(ResourceProviderService, providerService(packageName, cloud, resources));
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    ports.push(`${packageName}:${port}`);
  };
  await Promise.all(usual.map(add));
  const stop = () => servers.forEach((server) => server.forceShutdown());
  return { resources, add, addresses: () => ports.join(), stop };
}
