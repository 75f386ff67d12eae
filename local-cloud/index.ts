// Before the modules that need Pulumi's SDK.
import "./program/arboristLater";

export { startCloud } from "./cloud";
export type { CloudOptions, LocalCloud } from "./cloud";
export { startEngine } from "./engine/startEngine";
export type { LogEntry } from "./log";
export { loadProgram } from "./program/loadProgram";
export type { Program } from "./program/loadProgram";
export { findProject } from "./program/project";
export type { Project } from "./program/project";
export { deploy } from "./pulumi/deploy";
export type { DeployOptions, StackOutputs } from "./pulumi/deploy";
export { deployedIn } from "./pulumi/deployedResources";
export { loadStackConfig } from "./pulumi/stackFiles";
export type { StackFiles } from "./pulumi/stackFiles";
export type { AwsRequest } from "./wire/awsRequest";
