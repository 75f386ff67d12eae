import { describe } from "../../contract/check";
import { type AwsCredentials, givenCredentials, standardCredentials } from "./credentials";
import { checkOrigin, isOnThisMachine } from "./origin";
import { configuredRegion, regionOf } from "./region";

export type { AwsCredentials } from "./credentials";
export { isOnThisMachine } from "./origin";

/** A request as it is sent. */
export interface OutgoingRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string;
  /** Time of the signature. @default - this machine's clock */
  signedAt?: Date;
}

/** Returns the headers that authorise a request; called for each try, since signatures age. */
export type Authorize = (request: OutgoingRequest) => Promise<Record<string, string>>;

export interface AuthorizationOptions {
  /**
   * `iam` signs with SigV4, `none` doesn't.
   *
   * @default - `none` where there is a token or the URL is on this machine, else `iam`
   */
  authorization?: "iam" | "none";
  /** A bearer token, or a function of the API's URL that returns one, for APIs with `jwt`; called before each try. */
  token?: string | ((url: string) => string | Promise<string>);
  /** @default - the standard chain of the AWS SDK: environment, profile, SSO, container, instance */
  credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** Region of an API whose URL doesn't name it. @default - `AWS_REGION`, else that of the profile */
  region?: string;
}

/**
 * Chooses how requests to the URL are authorised.
 *
 * @throws TypeError if credentials may not be sent to the URL.
 */
export function createAuthorize(url: URL, options: AuthorizationOptions): Authorize {
  const { token, authorization = token !== undefined || isOnThisMachine(url) ? "none" : "iam" } = options;
  checkOrigin(url, token !== undefined ? "a token" : authorization === "iam" ? "a signature" : undefined);
  if (token !== undefined) {
    const present = async () => checkToken(typeof token === "string" ? token : await token(url.href));
    return async () => ({ authorization: `Bearer ${await present()}` });
  }
  return authorization === "none" ? () => Promise.resolve({}) : createSigner(url, options);
}

/** Returns the token if a header can hold it; `fetch` would quote an invalid one in its error. */
function checkToken(token: unknown): string {
  if (typeof token !== "string") throw new TypeError(`Expected the token as a text, got ${describe(token)}`);
  const trimmed = token.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  const got = trimmed === "" ? "none" : `${trimmed.length} characters with others among them`;
  throw new TypeError(`Expected a token of visible ASCII characters, got ${got}`);
}

/** Loads the signer's packages with the first request that needs them. */
function createSigner(url: URL, options: AuthorizationOptions): Authorize {
  let signer: ReturnType<typeof loadSigner> | undefined;
  return async ({ method, url: target, headers, body, signedAt }) => {
    signer ??= loadSigner(url, options);
    const { sign } = await signer;
    const request = {
      method,
      protocol: target.protocol,
      hostname: target.hostname,
      path: target.pathname,
      query: Object.fromEntries(target.searchParams),
      headers: { ...headers, host: target.host },
      body,
    };
    const signed = await sign(request, signedAt && { signingDate: signedAt });
    return signed.headers;
  };
}

async function loadSigner(url: URL, options: AuthorizationOptions) {
  const region = regionOf(url) ?? options.region ?? (await configuredRegion());
  if (!region) {
    throw new Error(
      `Expected the region of ${url.origin} as an option, in AWS_REGION or in the profile, since the URL doesn't say it`,
    );
  }
  const [{ SignatureV4 }, { Hash }] = await Promise.all([import("@smithy/signature-v4"), import("@smithy/core/serde")]);
  const { credentials } = options;
  const signer = new SignatureV4({
    service: "execute-api",
    region,
    credentials:
      typeof credentials === "function"
        ? () => givenCredentials(credentials)
        : (credentials ?? (await standardCredentials())),
    sha256: Hash.bind(null, "sha256"),
  });
  return { sign: signer.sign.bind(signer) as Sign };
}

type Sign = (request: SignableRequest, options?: { signingDate: Date }) => Promise<SignableRequest>;

interface SignableRequest {
  method: string;
  protocol: string;
  hostname: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: string;
}
