import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const namespace = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

/** Auto Scaling on loopback, with groups that have a desired capacity and never an instance. */
export class FakeAutoScaling {
  /** By group. */
  desired: Record<string, number> = {};
  /** Groups in one page of an answer. */
  pageSize = 100;
  /** So many calls are refused before one is answered. */
  throttled = 0;
  readonly described: { names: number; isFirstPage: boolean }[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeAutoScaling> {
    const server = createServer();
    const fake = new FakeAutoScaling(server);
    server.on("request", (request, response) => void fake.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const input = new URLSearchParams(Buffer.concat(chunks).toString());
    const action = input.get("Action")!;
    if (this.throttled-- > 0) {
      const error = "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>";
      response.writeHead(400).end(`<ErrorResponse xmlns="${namespace}">${error}</ErrorResponse>`);
      return;
    }
    const result = this.resultOf(action, input);
    response.end(
      `<${action}Response xmlns="${namespace}"><${action}Result>${result}</${action}Result></${action}Response>`,
    );
  }

  private resultOf(action: string, input: URLSearchParams): string {
    switch (action) {
      case "DescribeAutoScalingGroups":
        return this.describe(input);
      case "DescribeScalingActivities":
        return "<Activities/>";
      case "SetDesiredCapacity":
        this.desired[input.get("AutoScalingGroupName")!] = Number(input.get("DesiredCapacity"));
        return "";
      default:
        throw new Error(`Expected a call that the scaler makes, got ${action}`);
    }
  }

  private describe(input: URLSearchParams): string {
    const names = [...input].filter(([key]) => key.startsWith("AutoScalingGroupNames.")).map(([, name]) => name);
    const start = Number(input.get("NextToken") ?? 0);
    this.described.push({ names: names.length, isFirstPage: start === 0 });
    const found = names.filter((name) => name in this.desired);
    const end = start + Math.min(this.pageSize, Number(input.get("MaxRecords")));
    const members = found
      .slice(start, end)
      .map(
        (name) =>
          `<member><AutoScalingGroupName>${name}</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>10</MaxSize>` +
          `<DesiredCapacity>${this.desired[name]}</DesiredCapacity><Instances/></member>`,
      );
    const next = end < found.length ? `<NextToken>${end}</NextToken>` : "";
    return `<AutoScalingGroups>${members.join("")}</AutoScalingGroups>${next}`;
  }
}
