import { createRequire } from "node:module";

/** The Pulumi SDK's own copies, whose messages alone its services take. */
const requireOfPulumi = createRequire(require.resolve("@pulumi/pulumi"));

export const { credentials, Server, ServerCredentials, status } = requireOfPulumi(
  "@grpc/grpc-js",
) as typeof import("@grpc/grpc-js");
export const { Empty } = requireOfPulumi(
  "google-protobuf/google/protobuf/empty_pb.js",
) as typeof import("google-protobuf/google/protobuf/empty_pb");
export const { Struct } = requireOfPulumi(
  "google-protobuf/google/protobuf/struct_pb.js",
) as typeof import("google-protobuf/google/protobuf/struct_pb");
