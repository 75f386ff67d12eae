import { request } from "node:http";

/** Endpoint of instance metadata ("Use the Instance Metadata Service to access instance metadata"). */
const defaultEndpoint = "http://169.254.169.254";

/** Longest lifetime of a token. */
const tokenSeconds = 21_600;

/** The service answers in milliseconds or not at all. */
const timeoutMilliseconds = 1_000;

interface Answer {
  status: number;
  body: string;
}

/** Instance metadata, by IMDSv2 only. */
export class InstanceMetadata {
  private token?: string;

  private constructor(private readonly endpoint: string) {}

  /** Undefined if it is switched off, in the way of the AWS SDKs. */
  static fromEnvironment(environment: Record<string, string | undefined>): InstanceMetadata | undefined {
    if (environment.AWS_EC2_METADATA_DISABLED === "true") return undefined;
    return new InstanceMetadata(environment.AWS_EC2_METADATA_SERVICE_ENDPOINT || defaultEndpoint);
  }

  /** The text at a path below `/latest/meta-data/`; undefined if there is none. */
  async read(path: string): Promise<string | undefined> {
    this.token ??= await this.fetchToken();
    const { status, body } = await this.call("GET", `/latest/meta-data/${path}`, {
      "x-aws-ec2-metadata-token": this.token,
    });
    if (status === 200) return body;
    if (status === 404) return undefined;
    // The token has expired; the next read fetches another.
    if (status === 401) this.token = undefined;
    throw new Error(`Expected metadata at ${path}, got status ${status}`);
  }

  private async fetchToken(): Promise<string> {
    const header = { "x-aws-ec2-metadata-token-ttl-seconds": String(tokenSeconds) };
    const { status, body } = await this.call("PUT", "/latest/api/token", header);
    if (status !== 200) throw new Error(`Expected a metadata token, got status ${status}`);
    return body;
  }

  private call(method: string, path: string, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMilliseconds);
      const outgoing = request(new URL(path, this.endpoint), { method, headers, agent: false, signal });
      outgoing.once("error", reject);
      outgoing.once("response", (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.once("error", reject);
        response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      outgoing.end();
    });
  }
}
