import type * as pulumi from "@pulumi/pulumi";

/** Pages of other origins that may call the API from a browser. */
export interface CorsArgs {
  /** Origins, such as `https://app.example.com`; `*` stands for all. */
  allowOrigins: pulumi.Input<string>[];
  /** Headers that their requests may have beside those that the API reads. @default - none */
  allowHeaders?: pulumi.Input<string>[];
  /** Seconds for which a browser may keep the answer to a preflight request. @default - the browser's own, 5 */
  maxAge?: number;
}
