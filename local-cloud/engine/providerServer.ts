import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { LocalCloud } from "../cloud";
import { EngineResources } from "./engineResources";
import { providerService } from "./providerService";

/** A local cloud that the real Pulumi engine deploys to. */
export interface ProviderServer {
  /** Port that its plugins name. */
  port: number;
  resources: EngineResources;
  stop(): void;
}

/** Serves the local cloud's resources by Pulumi's provider protocol, on the loopback interface. */
export async function serveProvider(cloud: LocalCloud, programFolder?: string): Promise<ProviderServer> {
  const resources = new EngineResources(cloud, programFolder);
  const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
  const server = new Server(unlimited);
  server.addService(ResourceProviderService, providerService(cloud, resources));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, resources, stop: () => server.forceShutdown() };
}
