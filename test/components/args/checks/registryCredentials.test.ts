import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs, type ProcessorArgs } from "../../../../components";
import { validateArgs } from "../../../../components/args/checks/validateArgs";
import { type PolicyStatement } from "../../../../components/aws/permissions";
import { record } from "../../../support/record";

const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ghcr-Ab12Cd";
const other = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub-Ef34Gh";
const ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1";
const later = <T>(value: T) => pulumi.output(Promise.resolve(value));

const named = (processors: Partial<ProcessorArgs>[]) =>
  processors.map((processor, index) => ({ name: `type-${index}`, handler: "word-count", ...processor }));
const build = (processors: Partial<ProcessorArgs>[], args: Partial<BatchJobProcessorArgs> = {}) =>
  record(() => new BatchJobProcessor("media", { processors: named(processors), ...args }));
const network = { network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] } };

describe("registryCredentials", () => {
  it("are passed to instances with images of other registries by reference, with permission to read just that secret", async () => {
    const image = "ghcr.io/acme/worker:1";
    const processors = [{}, { registryCredentials: later(other) }, { image: ecr }, { image: later(ecr) }];
    const built = await build(processors, { ...network, image, registryCredentials: secret });
    const expected = [secret, other, "", ""];
    for (const [index, arn] of expected.entries()) {
      const { userData } = built.named(`media-type-${index}-fleet-template`).inputs;
      expect(Buffer.from(userData as string, "base64").toString()).to.include(`\nREGISTRY_SECRET='${arn}'\n`);
      const { policy } = built.named(`media-type-${index}-fleet-policy`).inputs;
      const { Statement } = JSON.parse(policy as string) as { Statement: PolicyStatement[] };
      const granting = Statement.filter(({ Action }) => JSON.stringify(Action).includes("secretsmanager"));
      expect(granting, String(index)).to.deep.equal(
        arn === ""
          ? []
          : [
              {
                Effect: "Allow",
                Sid: "ReadRegistryCredentials",
                Action: ["secretsmanager:GetSecretValue"],
                Resource: arn,
              },
            ],
      );
    }
  });

  it("bring no endpoint into a private network, whose images are in ECR", async () => {
    const image = later("123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1");
    const { resources } = await build([{ image }], { network: { privateWorkers: true }, registryCredentials: secret });
    expect(resources.filter(({ name }) => name.includes("secretsmanager"))).to.deep.equal([]);
  });

  it("are refused by path where they are no secret's ARN, which may be the secret itself", async () => {
    const problemsOf = (args: Partial<BatchJobProcessorArgs>, own: Partial<ProcessorArgs> = {}) => {
      try {
        validateArgs("media", { processors: named([own]), ...args });
        return [];
      } catch (error) {
        return (error as pulumi.InputPropertiesError).errors.map((e) => `${e.propertyPath}: ${e.reason}`);
      }
    };
    const what = "Expected the whole ARN of a Secrets Manager secret of JSON with username and password";
    expect(problemsOf({ registryCredentials: secret }, { registryCredentials: other })).to.deep.equal([]);
    expect(problemsOf({ registryCredentials: "ghp_hunter2" })).to.deep.equal([
      `registryCredentials: ${what}, got another text of 11 characters`,
    ]);
    for (const arn of [`${secret}#password`, "arn:aws:ssm:eu-west-1:123456789012:parameter/hub"]) {
      expect(problemsOf({}, { registryCredentials: arn })).to.deep.equal([
        `processors[0].registryCredentials: ${what}, got ${JSON.stringify(arn)}`,
      ]);
    }
    const late = build([{ registryCredentials: later("hunter2") }], { ...network, image: "ghcr.io/acme/worker:1" });
    const message = await late.then(
      () => "nothing",
      (error: Error) => error.message,
    );
    expect(message).to.include(`processors[0].registryCredentials: ${what}, got another text of 7 characters`);
    expect(message).to.not.include("hunter2");
  });
});
