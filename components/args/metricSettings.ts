import * as pulumi from "@pulumi/pulumi";
import type { WorkerSettings } from "../../contract/workerSettings";
import type { Metrics } from "./choices";
import { defaults } from "./defaults";

/** Distinguishes deployments in one account, including those of one program. */
export function metricsName(component: string): string {
  return [pulumi.getProject(), pulumi.getStack(), component].join("/");
}

/** The worker's metric settings: empty if metrics are by type. */
export function metricsOf(
  metrics: Metrics | undefined,
  name: string,
): Pick<WorkerSettings, "metrics" | "metricsComponent"> {
  if (metrics === undefined || metrics === defaults.metrics) return {};
  return { metrics, metricsComponent: metrics === "component" ? name : undefined };
}
