// Before the modules that need the SDKs.
import "./pulumi/expectSdks";
export { BatchJobProcessor } from "./BatchJobProcessor";
export { Job, JobContext, JobHandler, JobLogger } from "../contract/handlers/handler";
export { BatchJobProcessorArgs } from "./args/BatchJobProcessorArgs";
export { CorsArgs } from "./args/CorsArgs";
export { JwtArgs, ScopesArgs } from "./args/JwtArgs";
export { LambdaArgs } from "./args/LambdaArgs";
export { NetworkArgs } from "./args/NetworkArgs";
export { type AlarmsArgs } from "./args/AlarmsArgs";
export { type BudgetArgs } from "./args/BudgetArgs";
export { Acknowledge, Authorization, Egress, Metrics } from "./args/choices";
export { defaults } from "./args/defaults";
export { Effect, PolicyStatement } from "./aws/permissions";
export { CapacityChange, JobSchedule, ProcessorArgs } from "./args/ProcessorArgs";
export { ThrottlingArgs } from "./args/ThrottlingArgs";
export { TracesArgs } from "./args/TracesArgs";
