import { type ServiceGate } from "./serviceGate";

/** The used part of a client's middleware; its exact type differs by service. */
interface MiddlewareStack {
  addRelativeTo(
    middleware: (next: (args: unknown) => Promise<unknown>) => (args: unknown) => Promise<unknown>,
    options: { relation: "after"; toMiddleware: string; name: string },
  ): void;
}

/** Leads every call of the client through the gate, and each of the client's own retries separately. */
export function gateClient<Client extends { middlewareStack: object }>(client: Client, gate: ServiceGate): Client {
  const stack = client.middlewareStack as MiddlewareStack;
  stack.addRelativeTo((next) => (args) => gate.run(() => next(args)), {
    relation: "after",
    toMiddleware: "retryMiddleware",
    name: "serviceGate",
  });
  return client;
}
