import type * as pulumi from "@pulumi/pulumi";

/** Pages of other origins that may call the API from a browser. */
export interface CorsArgs {
  /** Origins, such as `https://app.example.com`; `*` stands for all. @example ["https://app.example.com"] */
  allowOrigins: pulumi.Input<string>[];
  /**
   * Headers that their requests may have beside those that the API reads.
   * @default - none
   * @example ["x-request-id"]
   */
  allowHeaders?: pulumi.Input<string>[];
  /**
   * Seconds for which a browser may keep the answer to a preflight request.
   * @default - the browser's own, 5
   * @example 600
   */
  maxAge?: number;
}
