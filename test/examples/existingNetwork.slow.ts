import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect } from "chai";
import { type RunningExample, startExample } from "./support";

describe("the example existing-network", () => {
  let example: RunningExample;
  let server: Server;
  before(async () => {
    server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    example = await startExample("existing-network", {
      vpcId: "vpc-0123456789abcdef0",
      subnetIds: JSON.stringify(["subnet-a", "subnet-b"]),
    });
  });
  after(async () => {
    server?.close();
    await example?.stop();
  });

  it("puts the workers into the subnets that it is given", () => {
    const [group] = example.test.cloud.groups.list();
    expect(group!.settings.subnetIds).to.deep.equal(["subnet-a", "subnet-b"]);
  });

  it("has workers reach a host of their network, and say if they don't", async () => {
    const { port } = server.address() as AddressInfo;
    const job = await example.run("reach", { host: "127.0.0.1", port });
    expect(job.state).to.equal("succeeded");
    expect(job.result).to.include({ address: "127.0.0.1" });
    server.close();
    const refused = await example.run("reach", { host: "127.0.0.1", port });
    expect(refused).to.include({ state: "failed", attempts: 2 });
    expect(JSON.stringify(refused.error)).to.include("ECONNREFUSED");
  });
});
