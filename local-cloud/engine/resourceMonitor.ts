import type { Client, ServiceError } from "@grpc/grpc-js";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import {
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
  type RegisterResourceResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import { credentials, Struct, withFields } from "./grpc";
import type { WireProperties } from "./wire";

export interface Registration {
  type: string;
  name: string;
  parent: string;
  /** Undefined for a component. */
  inputs?: WireProperties;
  /** URNs of its dependencies. */
  dependencies?: string[];
  /** References to the providers of its children, by package. */
  providers?: Record<string, string>;
}

export interface Registered {
  urn: string;
  id: string;
  state: WireProperties;
}

/** The engine's side of a deployment, to which a component's provider registers the component and its children. */
export class ResourceMonitor {
  private readonly client: ResourceMonitorClient;

  constructor(address: string) {
    this.client = new ResourceMonitorClient(address, credentials.createInsecure());
  }

  async register({ type, name, parent, inputs, dependencies = [], providers = {} }: Registration): Promise<Registered> {
    const request = withFields(new RegisterResourceRequest(), {
      ...{ type, name, parent, custom: inputs !== undefined, object: Struct.fromJavaScript(inputs ?? {}) },
      ...{ dependenciesList: dependencies, acceptsecrets: true, acceptresources: true, supportspartialvalues: true },
    });
    const provider = providers[type.split(":")[0]!];
    if (inputs !== undefined && provider) request.setProvider(provider);
    if (inputs === undefined)
      Object.entries(providers).forEach(([key, value]) => request.getProvidersMap().set(key, value));
    const response = await new Promise<RegisterResourceResponse>((resolve, reject) => {
      this.client.registerResource(request, (error: ServiceError | null, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
    const state = response.getObject()?.toJavaScript() ?? {};
    return { urn: response.getUrn(), id: response.getId(), state };
  }

  /** Reports that the component is complete. */
  async registerOutputs(urn: string, outputs: WireProperties): Promise<void> {
    const fields = { urn, outputs: Struct.fromJavaScript(outputs) };
    const request = withFields(new RegisterResourceOutputsRequest(), fields);
    await new Promise<void>((resolve, reject) => {
      this.client.registerResourceOutputs(request, (error: ServiceError | null) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    (this.client as Client).close();
  }
}
