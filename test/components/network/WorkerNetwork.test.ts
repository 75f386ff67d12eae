import { expect } from "chai";
import { type NetworkArgs } from "../../../components";
import { withDefaults } from "../../../components/args/ProcessorArgs";
import { DeployTarget } from "../../../components/aws/DeployTarget";
import { WorkerNetwork, type WorkerNetworkArgs } from "../../../components/network/WorkerNetwork";
import { type MockStyle, record } from "../../support/record";

const settings = (instanceTypes: string[]) =>
  withDefaults({ name: "word-count", handler: "word-count", instanceTypes });
const build = (args: Partial<WorkerNetworkArgs> = {}, style?: MockStyle) =>
  record(
    () =>
      new WorkerNetwork("network", { processors: [settings(["c7g.large"])], target: new DeployTarget({}), ...args }),
    style,
  );
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
    expect(await value(result.subnetIds)).to.deep.equal(["subnet-1", "subnet-2", "subnet-5"]);
    expect(named("network-vpc").inputs.availabilityZoneNames).to.deep.equal(["us-east-1a", "us-east-1b", "us-east-1c"]);
  });

  it("keeps the zones of its first deployment, whatever AWS offers later", async () => {
    const { named } = await build();
    expect(named("network-zones").inputs).to.include({ insecureValue: "us-east-1a,us-east-1b,us-east-1c" });
    expect(named("network-zones").options.ignoreChanges).to.deep.equal(["insecureValue"]);
  });

  it("uses the subnets alone in whose zones a processor's types are offered", async () => {
    const given = { vpcId: "vpc-9", subnetIds: ["subnet-9", "subnet-8"] };
    const { result } = await build({ network: given });
    expect(await value(result.subnetsFor(settings(["c7g.large"])))).to.deep.equal(given.subnetIds);
  });

  it("closes the default security group of its own VPC, and leaves that of a given one", async () => {
    const { named } = await build();
    expect(named("network-default").inputs).to.deep.equal({ vpcId: "vpc-1" });
    const given = await build({ network: { vpcId: "vpc-9", subnetIds: ["subnet-9"] } });
    expect(given.ofType("ec2/defaultSecurityGroup:DefaultSecurityGroup")).to.deep.equal([]);
  });

  it("gives workers further security groups", async () => {
    const network = { vpcId: "vpc-9", subnetIds: ["subnet-9"], securityGroupIds: ["sg-8"] };
    const { result } = await build({ network });
    expect(await value(result.securityGroupIds)).to.deep.equal(["network-workers-id", "sg-8"]);
  });

  it("allows outbound traffic to all addresses, or to AWS's endpoints only", async () => {
    const egressOf = async (args: Partial<WorkerNetworkArgs>) =>
      (await build(args)).named("network-workers").inputs.egress;
    const [anywhere] = (await egressOf({})) as Record<string, unknown>[];
    expect(anywhere)
      .to.include({ protocol: "-1" })
      .and.deep.include({ cidrBlocks: ["0.0.0.0/0"] });
    const narrowed = [
      {
        description: "AWS's endpoints",
        ...{ protocol: "tcp", fromPort: 443, toPort: 443 },
        ...{ cidrBlocks: ["10.0.0.0/16"], prefixListIds: ["pl-dynamodb", "pl-s3"] },
      },
    ];
    expect(await egressOf({ network: { privateWorkers: true, egress: "aws" } })).to.deep.equal(narrowed);
    const given: NetworkArgs = { vpcId: "vpc-9", subnetIds: ["subnet-9"], egress: "aws" };
    expect(await egressOf({ network: given })).to.deep.equal(narrowed);
  });

  it("keeps flow logs if configured, by a role that serves this account only", async () => {
    expect((await build()).ofType("ec2/flowLog:FlowLog")).to.deep.equal([]);
    const { named } = await build({ network: { flowLogs: true }, logRetentionDays: 7 });
    expect(named("network-flow-logs").inputs).to.include({ retentionInDays: 7 });
    expect(named("network-flow-log").inputs).to.include({ vpcId: "vpc-1", trafficType: "ALL" });
    const { Statement } = JSON.parse(named("network-flow-role").inputs.assumeRolePolicy as string) as {
      Statement: object[];
    };
    expect(Statement).to.deep.equal([
      {
        ...{ Effect: "Allow", Principal: { Service: "vpc-flow-logs.amazonaws.com" }, Action: "sts:AssumeRole" },
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      },
    ]);
  });

  it("takes given subnets as they are", async () => {
    const { resources, result, named } = await build({ network: { vpcId: "vpc-9", subnetIds: ["subnet-9"] } });
    expect(resources.filter(({ type }) => type.startsWith("awsx:"))).to.deep.equal([]);
    expect(named("network-workers").inputs.vpcId).to.equal("vpc-9");
    expect(result.assignsPublicIp).to.equal(undefined);
    expect(await value(result.subnetIds)).to.deep.equal(["subnet-9"]);
  });

  describe("for private workers", () => {
    const services = async (args: Parameters<typeof build>[0]) => {
      const { ofType } = await build({ network: { privateWorkers: true }, ...args });
      const endpoints = ofType("ec2/vpcEndpoint:VpcEndpoint").map(({ inputs }) => inputs);
      const of = (kind: string) =>
        endpoints
          .filter(({ vpcEndpointType }) => vpcEndpointType === kind)
          .map(({ serviceName }) => (serviceName as string).replace("com.amazonaws.us-east-1.", ""));
      return { gateway: of("Gateway"), interface: of("Interface") };
    };

    it("has isolated subnets, no public address and no way out", async () => {
      const { named, result } = await build({ network: { privateWorkers: true } });
      expect(named("network-vpc").inputs).to.deep.include({
        natGateways: { strategy: "None" },
        subnetSpecs: [{ type: "Isolated" }],
        enableDnsHostnames: true,
      });
      expect(result.assignsPublicIp).to.equal(false);
      expect(await value(result.subnetIds)).to.deep.equal(["subnet-3", "subnet-4"]);
      // Each endpoint is billed by the zone.
      expect(named("network-vpc").inputs.availabilityZoneNames).to.deep.equal(["us-east-1a", "us-east-1b"]);
    });

    it("has an endpoint for each service that workers call, and for no other", async () => {
      expect(await services({})).to.deep.equal({
        gateway: ["dynamodb", "s3"],
        interface: ["autoscaling", "ecr.api", "ecr.dkr", "logs", "sqs", "lambda"],
      });
      expect((await services({ events: true })).interface).to.include("sns");
      expect((await services({ sessionManager: true })).interface).to.include.members(["ssm", "ssmmessages"]);
    });

    it("lets the workers' group into the endpoints, by TLS alone, and nothing into the workers", async () => {
      const { named } = await build({ network: { privateWorkers: true } });
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
      const naive = await build({ network: { privateWorkers: true } }, "naive");
      const helpful = await build({ network: { privateWorkers: true } });
      expect(naive.resources.map(({ urn }) => urn)).to.have.members(helpful.resources.map(({ urn }) => urn));
    });
  });
});
