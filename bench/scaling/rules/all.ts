import { defaults } from "../../../components/args/defaults";
import { type Rule } from "../world";
import { createKeda } from "./keda";
import { createOurs, type OurSettings } from "./ours";
import { createPoller } from "./poller";
import { createStepScaling } from "./stepScaling";
import { createTargetTracking } from "./targetTracking";

/** Our rule with these settings in place of the defaults, and pollers that keep idle instances for as long. */
export function rulesWith(settings: Partial<OurSettings>): { ours: Rule; pollers: Rule[] } {
  const all = { ...defaults.processor, ...settings };
  return { ours: createOurs("ours", all), pollers: [createPoller(all.idleSeconds), createKeda(all.idleSeconds)] };
}

export const { ours, pollers } = rulesWith({});
const cloudWatchRules: Rule[] = [createStepScaling(), createTargetTracking(60)];
export const rules: Rule[] = [...cloudWatchRules, ...pollers, ours];
