import type { LocalCloud } from "../cloud";
import type { Properties } from "../properties";
import { calls } from "./calls";
import { arnOf, type ResourceHandler } from "./resource";
import { resources } from "./resourceTypes";
import { answerOf, standInFor, type StandIns, standInsFile } from "./standIns";

/** False for types that the local cloud doesn't know, and for a subscription by mail, say, which reaches no mailbox. */
export function isEmulated(type: string, { protocol }: Properties): boolean {
  const isUnheard =
    type === "aws:sns/topicSubscription:TopicSubscription" && /^(email|sms|https?|firehose)/.test(String(protocol));
  return resources[type] !== undefined && !isUnheard;
}

/** Makes a resource of its inputs and of what stands in for it; one that the program reads keeps its id. */
export function standInHandler(standIns: StandIns, id?: string): ResourceHandler {
  return {
    create(inputs, { type, name, cloud }) {
      const made = standInFor({ type, name, inputs }, standIns, arnOf(cloud, "not-emulated", name));
      return { ...made, id: id || made.id };
    },
  };
}

/** Answer to a program's call of a function: the one that stands in for it, else the local cloud's own. */
export function answerTo(token: string, inputs: Properties, cloud: LocalCloud, standIns: StandIns): Properties {
  const answer = answerOf(standIns, token, inputs) ?? calls[token]?.(inputs, cloud);
  if (answer) return answer;
  const line = `functions: { "${token}": [{ result: { … } }] }`;
  throw new Error(`the local cloud doesn't know this function; say what it gives in ${standInsFile}: ${line}`);
}
