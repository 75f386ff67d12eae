import * as pulumi from "@pulumi/pulumi";

interface Registration {
  getParent(): string;
  getType(): string;
  getName(): string;
}

interface Monitor {
  registerResource(request: Registration, callback: (error: unknown, answer?: { getUrn(): string }) => void): unknown;
}

/** Refuses two resources of one URN, as the engine does ("Resource names", Pulumi): the runtime's mocks accept them. */
export function expectUniqueNames(fail: (error: Error) => void): void {
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
    return register(request, (error, answer) => {
      if (answer) types.set(answer.getUrn(), qualified);
      callback(error, answer);
    });
  };
}

const stackType = "pulumi:pulumi:Stack";
