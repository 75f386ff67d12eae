import * as pulumi from "@pulumi/pulumi";
import { keyOf } from "./deployedResources";

interface Registration {
  getParent(): string;
  getType(): string;
  getName(): string;
  getDependenciesList(): string[];
}

interface Monitor {
  registerResource(request: Registration, callback: (error: unknown, answer?: { getUrn(): string }) => void): unknown;
}

/**
 * Does what the engine does and the runtime's mocks don't: refuses two resources of one URN ("Resource names", Pulumi),
 * and notes what each depends on.
 */
export function hearRegistrations(fail: (error: Error) => void, dependencies: Map<string, string[]>): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const urns = new Set<string>();
  /** Types with those of all ancestors, which the mocks' URNs omit, by the latter. */
  const types = new Map<string, string>();
  monitor.registerResource = (request, callback) => {
    const [type, name] = [request.getType(), request.getName()];
    const parentType = types.get(request.getParent()) ?? stackType;
    const qualified = parentType === stackType ? type : `${parentType}$${type}`;
    const project = `${pulumi.runtime.getStack()}::${pulumi.runtime.getProject()}`;
    const urn = `urn:pulumi:${project}::${qualified}::${name}`;
    if (urns.has(urn)) {
      const error = new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
      fail(error);
      return callback(error);
    }
    urns.add(urn);
    dependencies.set(keyOf({ type, name }), request.getDependenciesList().map(keyOfUrn));
    return register(request, (error, answer) => {
      if (answer) types.set(answer.getUrn(), qualified);
      callback(error, answer);
    });
  };
}

/** Of a URN as the mocks make it. */
function keyOfUrn(urn: string): string {
  const [, , qualified = "", name = ""] = urn.split("::");
  return keyOf({ type: qualified.replace(/^.*\$/, ""), name });
}

const stackType = "pulumi:pulumi:Stack";
