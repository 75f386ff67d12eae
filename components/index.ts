// Before what needs them.
import "./expectSdks";
export { BatchJobProcessor } from "./BatchJobProcessor";
export { Job, JobContext, JobHandler, JobLogger } from "../contract/handler";
export { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
export { CorsArgs } from "./CorsArgs";
export { Acknowledge, Architecture, Authorization, Effect, Scaling } from "./choices";
export { defaults } from "./defaults";
export { PolicyStatement } from "./permissions";
export { CapacityChange, JobSchedule, ProcessorArgs } from "./ProcessorArgs";
