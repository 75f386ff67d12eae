export { BatchJobProcessor } from "./BatchJobProcessor";
export { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
export { defaults } from "./defaults";
export { PolicyStatement } from "./permissions";
export { ProcessorArgs } from "./ProcessorArgs";
