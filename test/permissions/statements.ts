import type { LocalCloud } from "../../local-cloud/cloud";
import type { Policy, Statement } from "../../local-cloud/iam/policy";
import { deployedIn } from "../../local-cloud/pulumi/deployedResources";

/** One action of one statement. */
export interface Grant {
  /** `api-frontend PublishJobs sns:Publish`: whose policy, which statement, what it grants. */
  name: string;
  statement: Statement;
  action: string;
}

/** Takes a grant away, from all types where it is one of each; tells how often it was then missed. */
export function withhold({ iam }: LocalCloud, name: string): { misses: () => number; restore: () => void } {
  let count = 0;
  const restore = iam.withhold((statement, action) => {
    const isIt = nameOf(statement, action) === name;
    if (isIt) count++;
    return isIt;
  });
  return { misses: () => count, restore };
}

/** All that programs have granted in the cloud, by roles and by resources. */
export function grantsOf(cloud: LocalCloud): Grant[] {
  const { iam, lambdas } = cloud;
  const deployed = deployedIn(cloud);
  const roles = iam.roles.list().flatMap(({ policies, trust }) => [...policies.flat(), ...trust]);
  const owners = [
    ...deployed.statesOf("aws:sqs/queue:Queue"),
    ...deployed.statesOf("aws:sns/topic:Topic"),
    ...deployed.statesOf("aws:s3/bucket:Bucket"),
  ].map(({ arn }) => String(arn));
  const aliases = deployed.statesOf("aws:lambda/alias:Alias").map(({ arn }) => String(arn));
  const functions = lambdas.list().map(({ spec }) => spec.arn);
  const resources = [...owners, ...functions, ...aliases].flatMap((arn): Policy => iam.resourcePolicies.of(arn) ?? []);
  const grants = [...roles, ...resources].flatMap((statement) =>
    statement.actions.map((action) => ({ name: nameOf(statement, action), statement, action })),
  );
  return [...new Map(grants.map((grant) => [grant.name, grant])).values()];
}

/** Without the parts of names that differ from one deployment to the next. */
export function nameOf({ owner, sid, policy }: Statement, action: string): string {
  const short = owner
    .replace(/^.*[:/]/, "")
    .replace(/^jobs-/, "")
    .replace(/-[0-9a-f]{7}$/, "")
    .replace(/-role$|-function$/, "")
    // What is so for one type is so for all.
    .replace(/^.*-(fleet|queue-jobs|queue-dead-letters)$/, "type-$1");
  const place = /-[0-9a-f]{7}$/.test(sid) ? sid.replace(/^jobs-/, "").replace(/-[0-9a-f]{7}$/, "") : sid;
  return `${short} ${policy === "trust" ? "trust" : place} ${action}`;
}
