import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../components";
import { statementReasons } from "../../components/aws/permissionReasons";
import { everyOption } from "../components/everyOption";
import { record } from "../support/record";
import { byJourney, notEnforced } from "./elsewhere";
import { args, processors } from "./world";

interface Statement {
  Sid: string;
  Action: string | string[];
}

const policies =
  /(iam\/rolePolicy:RolePolicy|sqs\/queuePolicy:QueuePolicy|sns\/topicPolicy:TopicPolicy|s3\/bucketPolicy:BucketPolicy)$/;

/** Statements that the component writes for the program, without the program's own. */
async function statementsOf(program: BatchJobProcessorArgs): Promise<Statement[]> {
  const without = { policyStatements: undefined };
  const own = { ...program, ...without, processors: program.processors.map((each) => ({ ...each, ...without })) };
  const { resources } = await record(() => new BatchJobProcessor("jobs", own));
  return resources
    .filter(({ type }) => policies.test(type))
    .flatMap(({ inputs }) => (JSON.parse(inputs.policy as string) as { Statement: Statement[] }).Statement);
}

/** `PublishJobs sns:Publish` */
function grantsOf(statements: Statement[]): string[] {
  return [...new Set(statements.flatMap(({ Sid, Action }) => [Action].flat().map((action) => `${Sid} ${action}`)))];
}

describe("every statement that an option makes", () => {
  let statements: Statement[];
  before(async () => {
    statements = [];
    for (const program of Object.values(everyOption)) statements.push(...(await statementsOf(program)));
  });

  it("has its reason in docs/security.md", () => {
    const sids = new Set(statements.map(({ Sid }) => Sid));
    expect([...sids].sort()).to.deep.equal(Object.keys(statementReasons).sort());
  });

  it("is in the deployment whose permissions are taken away, or in a list of reasons why not", async () => {
    const world = grantsOf(await statementsOf({ processors, ...args }));
    const listed = Object.keys({ ...byJourney, ...notEnforced }).map((name) => name.replace(/^\S+ /, ""));
    const grants = grantsOf(statements);
    expect(grants.filter((grant) => !world.includes(grant) && !listed.includes(grant))).to.deep.equal([]);
    expect(
      listed.filter((grant) => !grants.includes(grant)),
      "listed, and made by no option",
    ).to.deep.equal([]);
  });
});
