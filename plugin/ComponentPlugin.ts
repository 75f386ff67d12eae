import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../components";
import { packageRoot } from "../contract/packageRoot";

const token = "batch-job-processor:index:BatchJobProcessor";

interface PackageSchema {
  version: string;
  resources: Record<typeof token, { properties: Record<string, unknown> }>;
}

/**
 * The component for programs in other languages. It serves the schema in the package: making one would take a
 * TypeScript compiler, the sources, and ten seconds of each deployment.
 */
export class ComponentPlugin implements pulumi.provider.Provider {
  readonly version: string;
  private readonly schemaText = readFileSync(join(packageRoot(), "schema.json"), "utf8");
  private readonly outputs: Set<string>;

  constructor() {
    const { version, resources } = JSON.parse(this.schemaText) as PackageSchema;
    this.version = version;
    this.outputs = new Set(Object.keys(resources[token].properties));
  }

  getSchema(): Promise<string> {
    return Promise.resolve(this.schemaText);
  }

  construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<pulumi.provider.ConstructResult> {
    if (type !== token) throw new Error(`Expected ${token}, got ${type}`);
    const component = new BatchJobProcessor(name, inputs as BatchJobProcessorArgs, options);
    const state = Object.fromEntries(Object.entries(component).filter(([member]) => this.outputs.has(member)));
    return Promise.resolve({ urn: component.urn, state });
  }
}
