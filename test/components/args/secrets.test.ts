import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs, type ProcessorArgs } from "../../../components";
import { validateArgs } from "../../../components/args/checks/validateArgs";
import { type PolicyStatement } from "../../../components/aws/permissions";
import { readEnvironment } from "../../../contract/environmentFile";
import { record } from "../../support/record";

const shared = { image: "registry.example/worker:1", network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] } };
const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab12Cd";
const other = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-Ef34Gh";
const parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/jobs/token";
const later = <T>(value: T) => pulumi.output(Promise.resolve(value));

const named = (processors: Partial<ProcessorArgs>[]) =>
  processors.map((processor, index) => ({ name: `type-${index}`, handler: "word-count", ...processor }));
const build = (processors: Partial<ProcessorArgs>[], args: Partial<BatchJobProcessorArgs> = {}) =>
  record(() => new BatchJobProcessor("media", { ...shared, ...args, processors: named(processors) }));
const failureOf = (...args: Parameters<typeof build>) =>
  build(...args).then(
    () => "nothing",
    (error: Error) => error.message,
  );
const problemsOf = (processors: Partial<ProcessorArgs>[], args: Partial<BatchJobProcessorArgs> = {}) => {
  try {
    validateArgs("media", { ...args, processors: named(processors) });
    return [];
  } catch (error) {
    return (error as pulumi.InputPropertiesError).errors.map(
      ({ propertyPath, reason }) => `${propertyPath}: ${reason}`,
    );
  }
};

describe("secrets", () => {
  describe("of a program that has some", () => {
    let built: Awaited<ReturnType<typeof build>>;
    before(async () => {
      const own = { PASSWORD: later(`${secret}#password`), USER: `${secret}#user`, TOKEN: parameter };
      built = await build([{ secrets: own }, { secrets: { KEY: parameter } }, {}], { secrets: { KEY: other } });
    });
    const environmentOf = (type: string) => {
      const { userData } = built.named(`media-${type}-fleet-template`).inputs;
      return readEnvironment(Buffer.from(userData as string, "base64").toString());
    };
    const statementsOf = (type: string) => {
      const { policy } = built.named(`media-${type}-fleet-policy`).inputs;
      const { Statement } = JSON.parse(policy as string) as { Statement: PolicyStatement[] };
      return Statement.filter(({ Sid }) => /^Read(Secrets|Parameters)$/.test(Sid ?? ""));
    };

    it("are passed to the workers by reference: the component's, and the processor's own, which take precedence", () => {
      const references = ["type-0", "type-1", "type-2"].map(
        (type) => JSON.parse(environmentOf(type).WORKER_SECRETS!) as unknown,
      );
      expect(references).to.deep.equal([
        { KEY: other, PASSWORD: `${secret}#password`, USER: `${secret}#user`, TOKEN: parameter },
        { KEY: parameter },
        { KEY: other },
      ]);
    });

    it("may be read by the workers that have them, and by no others", () => {
      const secrets = { Effect: "Allow", Sid: "ReadSecrets", Action: ["secretsmanager:GetSecretValue"] };
      const parameters = { Effect: "Allow", Sid: "ReadParameters", Action: ["ssm:GetParameters"] };
      expect(statementsOf("type-0")).to.deep.equal([
        { ...secrets, Resource: [other, secret] },
        { ...parameters, Resource: [parameter] },
      ]);
      expect(statementsOf("type-1")).to.deep.equal([{ ...parameters, Resource: [parameter] }]);
      expect(statementsOf("type-2")).to.deep.equal([{ ...secrets, Resource: [other] }]);
    });
  });

  it("leave user data and role unchanged if there are none", async () => {
    const built = await build([{ secrets: {} }], { secrets: {} });
    const { policy } = built.named("media-type-0-fleet-policy").inputs;
    const { userData } = built.named("media-type-0-fleet-template").inputs;
    expect(policy).not.to.match(/secretsmanager|ssm/);
    expect(Buffer.from(userData as string, "base64").toString()).not.to.include("WORKER_SECRETS");
  });

  describe("are refused", () => {
    const expectation = /Expected the whole ARN of a Secrets Manager secret, .* or of an SSM parameter, got /;

    it("where they are no ARN, without the text, which may be the secret itself", () => {
      const [problem, ...more] = problemsOf([{ secrets: { PASSWORD: "hunter2hunter2" } }]);
      expect(more).to.deep.equal([]);
      expect(problem)
        .to.match(expectation)
        .and.match(/^processors\[0\]\.secrets\.PASSWORD: /);
      expect(problem).to.include("got another text of 14 characters").and.not.include("hunter2");
    });

    it("where they are ARNs of something else, with the ARN", () => {
      const [problem] = problemsOf([{}], { secrets: { PASSWORD: "arn:aws:s3:::bucket" } });
      expect(problem)
        .to.match(expectation)
        .and.match(/^secrets\.PASSWORD: .*got "arn:aws:s3:::bucket"$/);
    });

    it("where they are known later, by the same rule, and all at once", async () => {
      const processors = [{ secrets: { A: later("hunter2hunter2"), B: pulumi.secret("hunter2hunter2") } }];
      const failure = await failureOf(processors, { secrets: { C: later(undefined as unknown as string) } });
      expect(failure).to.include("has 3 invalid inputs:").and.not.include("hunter2");
      for (const path of ["processors[0].secrets.A", "processors[0].secrets.B", "secrets.C"]) {
        expect(failure).to.include(`  ${path}: Expected the whole ARN`);
      }
    });

    for (const name of [
      "WORKER_A",
      "JOB_A",
      "AWS_A",
      "NODE_OPTIONS",
      "LD_PRELOAD",
      "PATH",
      "HOME",
      "TMPDIR",
      "A-B",
      "1A",
      "",
    ]) {
      it(`under the name ${JSON.stringify(name)}, as environment variables are`, () => {
        const of = (property: string, value: string) =>
          problemsOf([{ [property]: { [name]: value } }]).map((text) => text.replaceAll(property, "…"));
        expect(of("secrets", secret)).to.deep.equal(of("environment", "a")).and.have.length(1);
      });
    }

    const clashes: [string, Partial<ProcessorArgs>, Partial<BatchJobProcessorArgs>, string][] = [
      ["its own environment", { secrets: { A: secret }, environment: { A: "a" } }, {}, "processors[0].secrets.A"],
      [
        "the component's environment",
        { secrets: { A: secret } },
        { environment: { A: "a" } },
        "processors[0].secrets.A",
      ],
      [
        "the component's secrets",
        { environment: { A: "a" } },
        { secrets: { A: secret } },
        "processors[0].environment.A",
      ],
      ["both of the component", {}, { secrets: { A: secret }, environment: { A: "a" } }, "secrets.A"],
    ];
    for (const [what, processor, args, path] of clashes) {
      it(`where a variable is in ${what}, too`, () => {
        const [problem, ...more] = problemsOf([processor], args);
        expect(more).to.deep.equal([]);
        expect(problem).to.match(/: Expected a variable that isn't in .*, got one that is$/);
        expect(problem!.split(": ")[0]).to.equal(path);
      });
    }

    it("where user data has no room for their ARNs", () => {
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`SECRET_${index}`, secret]));
      const [problem, ...more] = problemsOf([{ secrets: many }]);
      expect(more).to.deep.equal([]);
      expect(problem).to.match(/^processors\[0\]\.secrets: Expected fewer than 200 secrets, whose ARNs take \d+ bytes/);
    });
  });

  describe("of private workers take the endpoints of their services", () => {
    const servicesOf = async (...args: Parameters<typeof build>) => {
      const [processors, more] = args;
      const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1";
      const own = { ...more, image, network: { privateWorkers: true } };
      const { ofType } = await build(processors, own);
      const endpoints = ofType("ec2/vpcEndpoint:VpcEndpoint").map(({ name }) => name);
      return endpoints.filter((name) => /secretsmanager$|ssm$/.test(name)).map((name) => name.replace(/^.*-/, ""));
    };

    it("and no others", async () => {
      expect(await servicesOf([{}])).to.deep.equal([]);
      expect(await servicesOf([{}, { secrets: { A: secret } }])).to.deep.equal(["secretsmanager"]);
      expect(await servicesOf([{}], { secrets: { A: parameter } })).to.deep.equal(["ssm"]);
      expect(await servicesOf([{}], { secrets: { A: parameter }, sessionManager: true })).to.deep.equal(["ssm"]);
    });

    it("and both where the ARN is known only later", async () => {
      expect(await servicesOf([{ secrets: { A: later(secret) } }])).to.have.members(["secretsmanager", "ssm"]);
    });
  });
});
