import { bytesOf } from "../../../contract/check";
import { limits } from "../../../contract/limits";
import { encodeResult } from "./encodeResult";

/** Problem of a job whose worker has no table for checkpoints. */
export const noCheckpoints = "Expected a processor with records for checkpoints, got one with tracking: false";

/**
 * A checkpoint as JSON that decodes to the same value.
 *
 * @throws Error for another value, or one that is too large.
 */
export function encodeCheckpoint(value: unknown): string {
  const encoded = encodeResult(value, { what: "checkpoint" });
  if (!encoded.ok) throw checkpointError(encoded.message);
  const { json, omitted } = encoded;
  if (value === undefined) throw checkpointError("Expected a checkpoint that is JSON, got undefined");
  const bytes = omitted?.bytes ?? bytesOf(json!);
  if (bytes <= limits.maxCheckpointBytes) return json!;
  const hint = "store it in S3, and let the checkpoint say where it is";
  throw checkpointError(
    `Expected a checkpoint of at most ${limits.maxCheckpointBytes} bytes of JSON, got ${bytes}: ${hint}`,
  );
}

export function checkpointError(message: string): Error {
  return Object.assign(new Error(message), { name: "CheckpointError" });
}
