import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Callers, Issued } from "../callers";
import { checkSums, headersIn } from "../checksums";
import { areChunksSigned, readChunks } from "./chunks";
import { type Claim, millisecondsOf, readClaim } from "./claim";
import { Unproven } from "./problems";
import { hashOf, recompute, scopeTextOf, signingKeyOf } from "./recompute";
import type { Target } from "./target";

/** "Signature expired: … is now earlier than …" follows after this time, in both directions. */
const skewMilliseconds = 15 * 60_000;

const maxSigningKeys = 1_000;

/** The alleged caller of a request, with an issued key; the signature is not verified yet. */
export interface Claimant {
  claim: Claim;
  issued: Issued;
}

/** Verifies the callers of requests, by the issued keys ("AWS Signature Version 4 for API requests"). */
export class Signatures {
  private readonly signingKeys = new Map<string, Uint8Array>();

  constructor(
    private readonly callers: Pick<Callers, "issuedTo">,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The alleged caller: what is known before the body has come.
   *
   * @throws Unproven if the key was not issued, or the time is wrong
   */
  claimantOf(message: IncomingMessage, { query }: Target): Claimant {
    const claim = readClaim(message, query);
    if (!claim) throw new Unproven("missing", "Request is missing Authentication Token");
    const issued = this.callers.issuedTo(claim.accessKeyId);
    if (!issued) {
      throw new Unproven(
        "unknownKey",
        "The security token included in the request is invalid: the local cloud gave out no such access key",
      );
    }
    if (claim.sessionToken !== issued.credentials.sessionToken) {
      throw new Unproven("unknownKey", "The security token included in the request is invalid.");
    }
    this.expectPresent(claim);
    if (!claim.signedHeaders.includes("host")) {
      throw new Unproven("malformed", "'Host' must be a 'SignedHeader' in the AWS Authorization.");
    }
    return { claim, issued };
  }

  /**
   * Verifies the request's signature. Returns the body, without chunks.
   *
   * @throws Unproven if the key makes another signature
   */
  async prove({ claim, issued }: Claimant, message: IncomingMessage, target: Target, body: Buffer): Promise<Buffer> {
    const key = await this.signingKeyOf({ claim, issued });
    const payloadHash = payloadHashOf(claim, message, target, body);
    const expected = await recompute(claim, { message, ...target, payloadHash }, key);
    if (!isSame(expected, claim.signature)) throw new Unproven("mismatch", mismatch);
    if (!payloadHash.startsWith("STREAMING-")) return body;
    const chunked = readChunks(body);
    if (!chunked) throw new Unproven("body", "The body is not in the chunks that its signature is about");
    const isSigned = payloadHash.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    if (isSigned && !areChunksSigned(chunked, claim, key)) throw new Unproven("mismatch", mismatch);
    checkSums(headersIn(chunked.trailers), chunked.data);
    return chunked.data;
  }

  /** Derived once for a key, a day, a region and a service. */
  private async signingKeyOf({ claim, issued }: Claimant): Promise<Uint8Array> {
    const name = `${claim.accessKeyId}/${scopeTextOf(claim)}`;
    const known = this.signingKeys.get(name);
    if (known) return known;
    const key = await signingKeyOf(claim, issued.credentials.secretAccessKey);
    if (this.signingKeys.size >= maxSigningKeys) this.signingKeys.clear();
    this.signingKeys.set(name, key);
    return key;
  }

  private expectPresent({ time, day, expiresSeconds }: Claim): void {
    const now = this.now();
    const signedAt = millisecondsOf(time);
    const lasts = expiresSeconds === undefined ? skewMilliseconds : expiresSeconds * 1_000;
    const basic = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, "");
    if (!time.startsWith(day)) {
      throw new Unproven(
        "mismatch",
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${time}'.`,
      );
    }
    if (signedAt + lasts < now) {
      const problem = expiresSeconds === undefined ? "Signature expired" : "Request has expired";
      throw new Unproven(
        "tooOld",
        `${problem}: ${time} is now earlier than ${basic(now - lasts)} (${basic(now)} - ${lasts / 60_000} min.)`,
      );
    }
    if (signedAt - skewMilliseconds > now) {
      throw new Unproven(
        "tooOld",
        `Signature not yet current: ${time} is still later than ${basic(now + skewMilliseconds)} (${basic(now)} + 15 min.)`,
      );
    }
  }
}

const mismatch =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/** S3 lets the sender name a placeholder for the body; the others always sign the body itself. */
function payloadHashOf(claim: Claim, { headers }: IncomingMessage, { query }: Target, body: Buffer): string {
  if (claim.service !== "s3") return hashOf(body);
  const header = headers["x-amz-content-sha256"] as string | undefined;
  const inQuery =
    claim.expiresSeconds === undefined ? undefined : (query.get("X-Amz-Content-Sha256")?.[0] ?? "UNSIGNED-PAYLOAD");
  const stated = header ?? inQuery;
  if (stated === undefined) {
    throw new Unproven("body", "Missing required header for this request: x-amz-content-sha256");
  }
  if (payloadWords.includes(stated) || stated === hashOf(body)) return stated;
  throw new Unproven(
    "body",
    `The provided 'x-amz-content-sha256' header does not match what was computed: ${hashOf(body)}`,
  );
}

/** "x-amz-content-sha256" in "Signature Calculations for the Authorization Header", Amazon S3 API Reference. */
const payloadWords = [
  "UNSIGNED-PAYLOAD",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
];

function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
