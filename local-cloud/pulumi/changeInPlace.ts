import type { Properties } from "../properties";
import type { Created, ResourceContext, ResourceHandler } from "./resource";

/** Properties that stay when a resource is made again in its own place. */
const identity = ["arn", "name", "bucket", "statementId", "targetId"];

/**
 * Gives a resource new inputs and resolves to its new state: by its type's own update, else by making it again under
 * its name and id.
 */
export async function changeInPlace(
  handler: ResourceHandler,
  { id, state }: Created,
  inputs: Properties,
  context: ResourceContext,
): Promise<Properties> {
  if (handler.update) return handler.update(id, state, inputs, context);
  const kept = Object.fromEntries(identity.filter((key) => state[key] !== undefined).map((key) => [key, state[key]]));
  await handler.delete?.(id, state, context);
  const made = await handler.create({ ...kept, ...inputs }, context);
  return { ...made.state, ...kept };
}
