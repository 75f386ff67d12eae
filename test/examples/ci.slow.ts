import { rmSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { record } from "../support/record";
import { compileExample } from "./support";

interface Statement {
  Action: string | string[];
  Resource: string | string[];
  Condition: unknown;
}

const statementsOf = (policy: unknown) => (JSON.parse(policy as string) as { Statement: Statement[] }).Statement;

describe("the example ci", () => {
  let folder: string;
  before(() => (folder = compileExample("ci")));
  after(() => rmSync(folder, { recursive: true }));

  it("gives jobs of the environment, and no others, the deployer's permissions, on the component's roles alone", async () => {
    pulumi.runtime.setAllConfig({ "project:repository": "acme/jobs", "project:component": "media" });
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs where it is loaded
    const { ofType } = await record(() => require(join(folder, "index.js")) as unknown);
    const inputsOf = (type: string) => ofType(type)[0]!.inputs;
    const [trust] = statementsOf(inputsOf("iam/role:Role").assumeRolePolicy);
    expect(trust!.Condition).to.deep.equal({
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:acme/jobs:environment:stack",
      },
    });
    const statements = statementsOf(inputsOf("iam/rolePolicy:RolePolicy").policy);
    const anywhere = statements.filter(({ Resource }) => Resource === "*").flatMap(({ Action }) => Action);
    expect(anywhere).to.include("lambda:CreateFunction").and.include("execute-api:Invoke");
    expect(anywhere.filter((action) => action.startsWith("iam:"))).to.deep.equal([]);
    const ofIam = statements.find(({ Action }) => Action.includes("iam:PassRole"))!;
    expect(ofIam.Resource).to.deep.equal([
      "arn:aws:iam::123456789012:role/media-*",
      "arn:aws:iam::123456789012:instance-profile/media-*",
    ]);
    // "IAM and AWS STS quotas": an inline policy of a role, white space apart.
    expect(JSON.stringify(statements).length).to.be.below(10_240);
  });
});
