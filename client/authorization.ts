import { isIP } from "node:net";
import { gatewayCodes, JobProblemError } from "./errors";

/** The credentials that requests are signed with. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request as it goes out. */
export interface OutgoingRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

/** The headers that authorise a request; asked anew for each try, since signatures age. */
export type Authorize = (request: OutgoingRequest) => Promise<Record<string, string>>;

export interface AuthorizationOptions {
  /**
   * `iam` signs with SigV4, `none` doesn't.
   *
   * @default - `none` where there is a token or the URL is on this machine, else `iam`
   */
  authorization?: "iam" | "none";
  /** A bearer token, or what gives one, for APIs with `authorization: jwt`; asked for before each request. */
  token?: string | (() => string | Promise<string>);
  /** @default - the standard chain of the AWS SDK: environment, profile, SSO, container, instance */
  credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** Region of the API. @default - as the URL says, else `AWS_REGION` */
  region?: string;
}

/** How requests to the URL are authorised. */
export function createAuthorize(url: URL, options: AuthorizationOptions): Authorize {
  const { token, authorization = token !== undefined || isOnThisMachine(url) ? "none" : "iam" } = options;
  if (token !== undefined) {
    return async () => ({ authorization: `Bearer ${typeof token === "string" ? token : await token()}` });
  }
  return authorization === "none" ? () => Promise.resolve({}) : createSigner(url, options);
}

/** Whether the URL's host is this machine. */
export function isOnThisMachine({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."));
}

/** The signer's packages are loaded with the first request that needs them. */
function createSigner(url: URL, options: AuthorizationOptions): Authorize {
  let signer: ReturnType<typeof loadSigner> | undefined;
  return async ({ method, url: target, headers, body }) => {
    signer ??= loadSigner(url, options);
    const { sign } = await signer;
    const signed = await sign({
      method,
      protocol: target.protocol,
      hostname: target.hostname,
      path: target.pathname,
      query: Object.fromEntries(target.searchParams),
      headers: { ...headers, host: target.host },
      body,
    });
    return signed.headers;
  };
}

async function loadSigner(url: URL, options: AuthorizationOptions) {
  const region = options.region ?? regionOf(url) ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (!region) {
    throw new Error(`Expected the region of ${url.origin} as an option or in AWS_REGION, since the URL doesn't say it`);
  }
  const [{ SignatureV4 }, { Hash }] = await Promise.all([import("@smithy/signature-v4"), import("@smithy/core/serde")]);
  const credentials = options.credentials ?? (await standardCredentials());
  const signer = new SignatureV4({
    service: "execute-api",
    region,
    credentials: typeof credentials === "function" ? () => explained(credentials) : credentials,
    sha256: Hash.bind(null, "sha256"),
  });
  return { sign: signer.sign.bind(signer) as (request: SignableRequest) => Promise<SignableRequest> };
}

interface SignableRequest {
  method: string;
  protocol: string;
  hostname: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: string;
}

async function standardCredentials(): Promise<() => Promise<AwsCredentials>> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  return defaultProvider();
}

async function explained(credentials: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
  try {
    return await credentials();
  } catch (error) {
    const detail = `No AWS credentials to sign with: ${(error as Error).message}. Set AWS_PROFILE, or log in`;
    throw Object.assign(new JobProblemError({ code: gatewayCodes.unauthorized, status: 401, detail }), {
      cause: error,
    });
  }
}

/** `https://ID.execute-api.REGION.amazonaws.com` says its region. */
function regionOf({ hostname }: URL): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1];
}
