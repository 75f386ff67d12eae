import { expect } from "chai";
import { WorkerNetwork } from "../../../components/network/WorkerNetwork";
import { MockStyle, record } from "../../support/record";

const build = (args: ConstructorParameters<typeof WorkerNetwork>[1] = {}, style?: MockStyle) =>
  record(() => new WorkerNetwork("network", args), style);
const value = <T>(output: { apply(callback: (value: T) => void): unknown }) =>
  new Promise<T>((resolve) => output.apply(resolve));

describe("WorkerNetwork", () => {
  it("costs nothing idle: public subnets, no NAT gateway, no endpoint", async () => {
    const { named, ofType, result } = await build();
    expect(named("network-vpc").inputs).to.deep.include({
      natGateways: { strategy: "None" },
      subnetSpecs: [{ type: "Public" }],
    });
    expect(ofType("ec2/vpcEndpoint:VpcEndpoint")).to.deep.equal([]);
    expect(result.assignsPublicIp).to.equal(true);
    expect(await value(result.subnetIds)).to.deep.equal(["subnet-1", "subnet-2"]);
  });

  it("takes given subnets as they are", async () => {
    const { resources, result, named } = await build({ vpcId: "vpc-9", subnetIds: ["subnet-9"] });
    expect(resources.filter(({ type }) => type.startsWith("awsx:"))).to.deep.equal([]);
    expect(named("network-workers").inputs.vpcId).to.equal("vpc-9");
    expect(result.assignsPublicIp).to.equal(undefined);
    expect(await value(result.subnetIds)).to.deep.equal(["subnet-9"]);
  });

  describe("for private workers", () => {
    const services = async (args: Parameters<typeof build>[0]) => {
      const { ofType } = await build({ privateWorkers: true, ...args });
      const endpoints = ofType("ec2/vpcEndpoint:VpcEndpoint").map(({ inputs }) => inputs);
      const of = (kind: string) =>
        endpoints
          .filter(({ vpcEndpointType }) => vpcEndpointType === kind)
          .map(({ serviceName }) => (serviceName as string).replace("com.amazonaws.us-east-1.", ""));
      return { gateway: of("Gateway"), interface: of("Interface") };
    };

    it("has isolated subnets, no public address and no way out", async () => {
      const { named, result } = await build({ privateWorkers: true });
      expect(named("network-vpc").inputs).to.deep.include({
        natGateways: { strategy: "None" },
        subnetSpecs: [{ type: "Isolated" }],
        enableDnsHostnames: true,
      });
      expect(result.assignsPublicIp).to.equal(false);
      expect(await value(result.subnetIds)).to.deep.equal(["subnet-3", "subnet-4"]);
    });

    it("has an endpoint for each service that workers call, and for no other", async () => {
      expect(await services({})).to.deep.equal({
        gateway: ["dynamodb", "s3"],
        interface: ["autoscaling", "ecr.api", "ecr.dkr", "logs", "sqs", "lambda"],
      });
      expect((await services({ scaling: "targetTracking" })).interface).not.to.include("lambda");
      expect((await services({ events: true })).interface).to.include("sns");
      expect((await services({ sessionManager: true })).interface).to.include.members(["ssm", "ssmmessages"]);
    });

    it("lets the workers' group into the endpoints, by TLS alone, and nothing into the workers", async () => {
      const { named } = await build({ privateWorkers: true });
      expect(named("network-workers").inputs).not.to.have.property("ingress");
      expect(named("network-endpoints").inputs.ingress).to.deep.equal([
        { description: "Workers", protocol: "tcp", fromPort: 443, toPort: 443, securityGroups: ["network-workers-id"] },
      ]);
      expect(named("network-sqs").inputs).to.deep.include({
        privateDnsEnabled: true,
        subnetIds: ["subnet-3", "subnet-4"],
        securityGroupIds: ["network-endpoints-id"],
      });
      expect(named("network-s3").inputs.routeTableIds).to.deep.equal(["rtb-1", "rtb-2"]);
    });

    it("comes up under mocks that only echo their inputs", async () => {
      const naive = await build({ privateWorkers: true }, "naive");
      const helpful = await build({ privateWorkers: true });
      expect(naive.resources.map(({ urn }) => urn)).to.have.members(helpful.resources.map(({ urn }) => urn));
    });
  });
});
