import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo } from "node:net";

/** A test's settings of the group of its instance. */
export interface FakeGroup {
  minSize: number;
  maxSize: number;
  desired: number;
  instanceIds: string[];
}

/**
 * An instance's surroundings on one port of the loopback: its metadata by IMDSv2, and Auto Scaling and Lambda, which
 * agree to all and note what they are asked.
 */
export async function startInstance(instanceId: string, group: FakeGroup) {
  const metadata: Record<string, string> = {
    "instance-id": instanceId,
    "tags/instance/aws:autoscaling:groupName": "group-1",
    "autoscaling/target-lifecycle-state": "InService",
  };
  /** Auto Scaling's calls, by their parameters. */
  const calls: Record<string, string>[] = [];
  const invocations: { path: string; type: unknown; payload: unknown }[] = [];

  const server = createServer((message, response) => {
    void (async () => {
      const { url = "", method, headers } = message;
      const body = await read(message);
      if (url === "/latest/api/token") return response.end("token");
      if (url.startsWith("/latest/meta-data/")) {
        const found = metadata[url.slice("/latest/meta-data/".length)];
        const status = headers["x-aws-ec2-metadata-token"] !== "token" ? 401 : found === undefined ? 404 : 200;
        return response.writeHead(status).end(found);
      }
      if (url.startsWith("/2015-03-31/functions/")) {
        const path = decodeURIComponent(url);
        invocations.push({ path, type: headers["x-amz-invocation-type"], payload: JSON.parse(body) as unknown });
        return response.writeHead(202).end();
      }
      if (method !== "POST") return response.writeHead(404).end();
      const call = Object.fromEntries(new URLSearchParams(body));
      calls.push(call);
      response.writeHead(200, { "content-type": "text/xml" }).end(answer(call.Action ?? "", group));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    metadata,
    calls,
    invocations,
    environment: {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint,
      AWS_ENDPOINT_URL_AUTO_SCALING: endpoint,
      AWS_ENDPOINT_URL_LAMBDA: endpoint,
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(message: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of message.setEncoding("utf8")) body += chunk;
  return body;
}

function answer(action: string, { minSize, maxSize, desired, instanceIds }: FakeGroup): string {
  const instance = (id: string) =>
    `<member><InstanceId>${id}</InstanceId><LifecycleState>InService</LifecycleState></member>`;
  const group = `<member><AutoScalingGroupName>group-1</AutoScalingGroupName><MinSize>${minSize}</MinSize><MaxSize>${maxSize}</MaxSize><DesiredCapacity>${desired}</DesiredCapacity><Instances>${instanceIds.map(instance).join("")}</Instances></member>`;
  const result = action === "DescribeAutoScalingGroups" ? `<AutoScalingGroups>${group}</AutoScalingGroups>` : "";
  return `<${action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`;
}
