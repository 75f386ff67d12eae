import { Agent, request } from "node:http";
import type { Credentials } from "./callers";
import { signCall } from "./signatures/signCall";

export interface AwsCall {
  service: "sqs" | "sns" | "s3" | "dynamodb";
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/**
 * The cloud's own calls to the endpoint. They go through the same checks as all calls,
 * but without an SDK: loading four clients would take longer than all the rest of the start.
 */
export class AwsCalls {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly cloud: { endpoint: string; region: string; credentials: Credentials }) {}

  async dynamodb<T>(action: string, input: unknown): Promise<T> {
    return this.json("dynamodb", `DynamoDB_20120810.${action}`, input);
  }

  async sqs<T>(action: string, input: unknown): Promise<T> {
    return this.json("sqs", `AmazonSQS.${action}`, input);
  }

  /** Maps become `Attributes.entry.N.key|value`. Returns the answer's XML. */
  async sns(action: string, input: Record<string, string | Record<string, string>>): Promise<string> {
    const form = new URLSearchParams({ Action: action, Version: "2010-03-31" });
    for (const [name, value] of Object.entries(input)) {
      if (typeof value === "string") form.set(name, value);
      else Object.entries(value).forEach(([key, text], at) => setEntry(form, `${name}.entry.${at + 1}`, key, text));
    }
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.send({ service: "sns", headers, body: form.toString() });
  }

  private async json<T>(service: "sqs" | "dynamodb", target: string, input: unknown): Promise<T> {
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
    return JSON.parse(await this.send({ service, headers, body: JSON.stringify(input) })) as T;
  }

  /** Sends any call and returns the answer's body; errors contain AWS's code. */
  async send({ service, method = "POST", path = "/", headers: more = {}, body = "" }: AwsCall): Promise<string> {
    const { endpoint: address, region, credentials } = this.cloud;
    const headers = await signCall({ service, region, method, address, path, headers: more, body }, credentials);
    return new Promise((resolve, reject) => {
      const outgoing = request(address + path, {
        method,
        agent: this.agent,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
      });
      outgoing.once("error", reject);
      outgoing.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode! < 300) resolve(text);
          else reject(new Error(`${service}: ${response.statusCode} ${text}`));
        });
      });
      outgoing.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function setEntry(form: URLSearchParams, prefix: string, key: string, value: string): void {
  form.set(`${prefix}.key`, key);
  form.set(`${prefix}.value`, value);
}
