import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { limits } from "../../../contract/limits";
import { type LargeValue } from "../../../contract/records/largeValues";
import { type OmittedResult } from "../../../contract/records/record";

/** A result too large for a record, in a file for its upload. */
export interface ResultFile extends LargeValue {
  path: string;
}

/** A result too large for a record; if it is too large for S3, too, or has no place, only its description. */
export type LargeResult = { file: ResultFile; omitted?: undefined } | { omitted: OmittedResult; file?: undefined };

/** Failure to write a result, which is no fault of its value. */
export class NotWritten extends Error {
  override readonly name = "ResultNotWritten";
}

// Saved before a handler can replace them.
const { mkdirSync, rmSync, writeFileSync } = fs;

/** Collects the JSON of a large result in a file, or, without one, only its size and digest. */
export class LargeResultText {
  private readonly hash = createHash("sha256");
  private bytes = 0;
  private failure?: NotWritten;

  constructor(private readonly file: string | undefined) {}

  add(piece: string | Buffer): void {
    const content = typeof piece === "string" ? Buffer.from(piece) : piece;
    const isFirst = this.bytes === 0;
    this.hash.update(content);
    this.bytes += content.length;
    if (this.file === undefined || this.failure) return;
    if (this.bytes > limits.maxLargeBytes) return this.drop();
    try {
      if (isFirst) mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
      writeFileSync(this.file, content, { flag: isFirst ? "w" : "a", mode: 0o600 });
    } catch (error) {
      this.failure = new NotWritten("The result could not be written", { cause: error });
    }
  }

  /** @throws NotWritten if the disk is full, say. */
  end(): LargeResult {
    if (this.failure) throw this.failure;
    const { bytes, file } = this;
    const sha256 = this.hash.digest("hex");
    if (file !== undefined && bytes <= limits.maxLargeBytes) return { file: { path: file, bytes, sha256 } };
    const most = file === undefined ? limits.maxResultBytes : limits.maxLargeBytes;
    const reason = `It has ${bytes} bytes of JSON, and at most ${most} are kept: store it in S3 and return where it is`;
    return { omitted: { bytes, sha256, reason } };
  }

  /** Removes the file. */
  drop(): void {
    if (this.file !== undefined) rmSync(this.file, { force: true });
  }
}
