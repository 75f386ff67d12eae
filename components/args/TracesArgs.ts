import type * as pulumi from "@pulumi/pulumi";

/** The receiver of the workers' spans. */
export interface TracesArgs {
  /**
   * Base URL of a receiver of OTLP over HTTP, to which `/v1/traces` is added.
   * @example "https://otel.example.com"
   */
  endpoint: pulumi.Input<string>;
  /**
   * Headers of each export, by name: ARNs of Secrets Manager secrets or SSM parameters, whose whole values are sent.
   * @default - none
   * @example { "api-key": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:otel-a1B2c3" }
   */
  headers?: Record<string, pulumi.Input<string>>;
}
