import * as pulumi from "@pulumi/pulumi";
import { nameOf } from "./deployedResources";

interface Registration {
  getParent(): string;
  getType(): string;
  getName(): string;
  getDependenciesList(): string[];
  getProvider(): string;
  setProvider(reference: string): void;
  getProvidersMap(): { get(packageName: string): string | undefined };
}

interface Outputs {
  getUrn(): string;
  setUrn(urn: string): void;
}

type Callback<Answer> = (error: unknown, answer?: Answer) => void;

interface Monitor {
  registerResource(request: Registration, callback: Callback<Outputs>): unknown;
  registerResourceOutputs(request: Outputs, callback: Callback<unknown>): unknown;
}

/**
 * Does what the engine does and the runtime's mocks don't: gives each resource a URN with the types of all its
 * ancestors and refuses a second one of it ("Resource names", Pulumi), notes what each depends on, and passes a
 * component's provider for AWS on to what another process would build below it.
 */
export function hearRegistrations(fail: (error: Error) => void, dependencies: Map<string, string[]>): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  /** The mocks' own URNs, which omit all ancestors but the parent. */
  const urns = new Map<string, string>();
  /** References to the providers for AWS, by the URN of the component. */
  const providers = new Map<string, string>();
  monitor.registerResource = (request, callback) => {
    const [type, name, parent] = [request.getType(), request.getName(), request.getParent()];
    const [, , parentType = stackType] = parent.split("::");
    const qualified = parentType === stackType ? type : `${parentType}$${type}`;
    const urn = `urn:pulumi:${pulumi.runtime.getStack()}::${pulumi.runtime.getProject()}::${qualified}::${name}`;
    if (urns.has(urn)) {
      const error = new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
      fail(error);
      return callback(error);
    }
    urns.set(urn, urn);
    dependencies.set(nameOf({ type, name }), request.getDependenciesList().map(nameOfUrn));
    const provider = request.getProvidersMap().get("aws") ?? providers.get(parent);
    if (provider !== undefined) {
      providers.set(urn, provider);
      if (type.startsWith("awsx:")) request.setProvider(provider);
    }
    return register(request, (error, answer) => {
      if (answer) {
        urns.set(urn, answer.getUrn());
        answer.setUrn(urn);
      }
      callback(error, answer);
    });
  };
  monitor.registerResourceOutputs = (request, callback) => {
    request.setUrn(urns.get(request.getUrn())!);
    return registerOutputs(request, callback);
  };
}

function nameOfUrn(urn: string): string {
  const [, , qualified = "", name = ""] = urn.split("::");
  return nameOf({ type: qualified.replace(/^.*\$/, ""), name });
}

const stackType = "pulumi:pulumi:Stack";
