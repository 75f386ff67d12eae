import { encodeWorkerSettings, fixedWorkerSettings, type WorkerSettings } from "../../contract/workerSettings";
import { hookNames, stopTimeoutSeconds, type UserDataArgs } from "../boot/userData";
import { type Metrics } from "./choices";
import { metricsOf } from "./metricSettings";
import { type ProcessorSettings } from "./ProcessorArgs";

/** Contents of user data that aren't the processor's own settings. */
export interface FleetUserData extends Pick<
  UserDataArgs,
  "image" | "registryCredentials" | "region" | "logGroup" | "environment"
> {
  /** Queues, tables and so on, by the worker's settings. */
  addresses: Pick<WorkerSettings, "queueUrl" | "deadLetterQueueUrl" | "fleetTable" | "scalerFunction"> &
    Partial<WorkerSettings>;
  secrets: Record<string, string>;
  metrics: Metrics | undefined;
  instancePrices: Record<string, number> | undefined;
  usageLabels: string[] | undefined;
  traces: { endpoint: string; headers?: Record<string, string> } | undefined;
  /** Name of the component, for its metrics. */
  component: string;
}

/** Contents of the user data of a processor's instances. */
export function fleetUserData(processor: ProcessorSettings, values: FleetUserData): UserDataArgs {
  const { name: type, ...settings } = processor;
  const { addresses, environment, secrets, metrics, instancePrices, usageLabels, traces, component, ...others } =
    values;
  return {
    ...others,
    type,
    launchHook: hookNames.launchHook,
    environment: {
      AWS_REGION: values.region,
      ...environment,
      ...encodeWorkerSettings({
        ...settings,
        ...fixedWorkerSettings,
        ...addresses,
        handler: addresses.inlineHandler === undefined ? settings.handler : undefined,
        ...hookNames,
        ...metricsOf(metrics, component),
        ...{ instancePrices, usageLabels },
        ...(traces && { tracesEndpoint: traces.endpoint, tracesHeaders: traces.headers }),
        type,
        secrets: Object.keys(secrets).length > 0 ? secrets : undefined,
      }),
    },
    stopTimeoutSeconds: stopTimeoutSeconds(settings),
    gpu: settings.gpu,
    instanceStore: settings.instanceStore,
  };
}
