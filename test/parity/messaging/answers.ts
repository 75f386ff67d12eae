import { bucketProbes } from "./bucketProbes";
import { type Address, answerTo, clientsOf, type Probe } from "./probe";
import { queueProbes } from "./queueProbes";
import { topicProbes } from "./topicProbes";

export const probes: Probe[] = [...queueProbes, ...topicProbes, ...bucketProbes];

/** The answers of what is at an address, by the probes' names. */
export async function answersOf(address: Address): Promise<Record<string, string>> {
  const clients = clientsOf(address);
  const answers: Record<string, string> = {};
  for (const probe of probes) answers[probe.name] = await answerTo(probe, clients);
  clients.destroy();
  return answers;
}
