// Brings a cloud up, says which processes and ports it holds, and waits to be killed.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import { startCloud } from "../../../local-cloud/cloud";
import { deploy } from "../../../local-cloud/pulumi/deploy";
import { codeFunction } from "../programs";

async function main(): Promise<void> {
  const workerMain = join(tmpdir(), `worker-${process.pid}.js`);
  writeFileSync(workerMain, "process.on('disconnect', () => process.exit()); setInterval(() => {}, 1000);");
  const cloud = await startCloud({ workerMain });
  const script = "cat > /etc/batch-job-worker/environment <<'ENVIRONMENT'\nA=1\nENVIRONMENT\n";
  const { name, url } = await deploy({
    cloud,
    project: "p",
    stack: "s",
    program: () => {
      const template = new aws.ec2.LaunchTemplate("t", { userData: Buffer.from(script).toString("base64") });
      new aws.autoscaling.Group("g", { minSize: 1, maxSize: 1, launchTemplate: { id: template.id } });
      const api = new aws.apigatewayv2.Api("a", { protocolType: "HTTP" });
      return { name: codeFunction("f", "exports.handler = async () => 1;").name, url: api.apiEndpoint };
    },
  });
  await cloud.lambdas.invoke(String(name), "{}");
  const pids = [
    ...cloud.lambdas.list().flatMap((fn) => fn.pids),
    ...cloud.groups.list().flatMap(({ instances }) => instances.map(({ pid }) => pid)),
  ];
  console.log(JSON.stringify({ pids, ports: [cloud.endpoint, url] }));
}

void main();
