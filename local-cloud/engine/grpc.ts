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

/** The fields of a message, by the names of its setters: `inputs` for `setInputs`. */
type Fields<Message> = {
  [
    Setter in keyof Message as Setter extends `set${infer Name}` ? Uncapitalize<Name> : never
  ]?: Message[Setter] extends (value: infer Value) => unknown ? Value : never;
};

/** The message with these fields. */
export function withFields<Message extends object>(message: Message, fields: Fields<Message>): Message {
  for (const [name, value] of Object.entries(fields)) {
    (message as Record<string, (value: unknown) => void>)[`set${name[0]!.toUpperCase()}${name.slice(1)}`]!(value);
  }
  return message;
}
