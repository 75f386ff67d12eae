import { defaults } from "../../../components/defaults";
import { Rule } from "../world";
import { createKeda } from "./keda";
import { createOurs } from "./ours";
import { createPoller } from "./poller";
import { createStepScaling } from "./stepScaling";
import { createTargetTracking } from "./targetTracking";

export const ours = createOurs("ours");

/** For information: what memory is worth. */
const oursWithoutMemory = createOurs("ours, no memory", { ...defaults.processor, maxKeepSeconds: 0 });

export const cloudWatchRules: Rule[] = [createStepScaling(), createTargetTracking(60)];
export const pollers: Rule[] = [createPoller(), createKeda()];
export const rules: Rule[] = [...cloudWatchRules, ...pollers, oursWithoutMemory, ours];
