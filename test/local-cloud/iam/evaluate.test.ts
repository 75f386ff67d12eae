import { expect } from "chai";
import fc from "fast-check";
import { type Ask, evaluate } from "../../../local-cloud/iam/evaluate";
import { parsePolicy, type PolicyKind } from "../../../local-cloud/iam/policy";
import type { Principal } from "../../../local-cloud/iam/principal";

const role = { roleArn: "arn:aws:iam::000000000000:role/worker" };
const queue = "arn:aws:sqs:us-east-1:000000000000:jobs";
const send: Ask = { action: "sqs:SendMessage", resource: queue };

function policy(statements: object[], kind: PolicyKind = "identity") {
  return parsePolicy({ Version: "2012-10-17", Statement: statements }, { owner: "owner", policy: "policy", kind });
}
const allow = (more: object = {}) => ({ Effect: "Allow", Action: "sqs:SendMessage", Resource: queue, ...more });
const deny = (more: object = {}) => ({ ...allow(more), Effect: "Deny" });

function decide(identity: object[], resource?: object[], ask: Ask = send, principal: Principal = role) {
  const policies = { identity: [policy(identity)], resource: resource && policy(resource, "resource") };
  return evaluate(ask, principal, policies);
}
const isAllowed = (...args: Parameters<typeof decide>) => decide(...args).isAllowed;

describe("the evaluation of policies", () => {
  it("allows what either the role's or the resource's policy allows, and nothing else", () => {
    expect(isAllowed([allow()])).to.equal(true);
    expect(isAllowed([], [allow({ Principal: { AWS: role.roleArn } })])).to.equal(true);
    expect(isAllowed([], [allow({ Principal: "*" })])).to.equal(true);
    expect(isAllowed([])).to.equal(false);
    expect(isAllowed([allow({ Resource: `${queue}2` })])).to.equal(false);
    expect(isAllowed([allow({ Action: "sqs:DeleteMessage" })])).to.equal(false);
    expect(isAllowed([], [allow({ Principal: { AWS: `${role.roleArn}2` } })])).to.equal(false);
    expect(isAllowed([], [allow({ Principal: { Service: "sns.amazonaws.com" } })])).to.equal(false);
  });

  it("leaves it to the role where a resource's policy names the whole account", () => {
    for (const AWS of ["000000000000", "arn:aws:iam::000000000000:root"]) {
      expect(isAllowed([], [allow({ Principal: { AWS } })])).to.equal(false);
      expect(isAllowed([allow()], [deny({ Principal: { AWS } })])).to.equal(false);
    }
  });

  it("lets an explicit deny win, wherever it stands", () => {
    expect(decide([allow(), deny()])).to.deep.include({ isAllowed: false, by: "identity" });
    expect(decide([allow()], [deny({ Principal: "*" })])).to.deep.include({ isAllowed: false, by: "resource" });
    expect(isAllowed([allow(), deny({ Action: "sqs:Delete*" })])).to.equal(true);
  });

  it("names the statement that decided", () => {
    const decision = decide([allow({ Sid: "Other", Resource: "arn:other" }), allow({ Sid: "Send" })]);
    expect(decision).to.have.nested.property("statement.sid", "Send");
    expect(decide([allow({ Resource: "x" }), allow()])).to.have.nested.property("statement.sid", "1");
  });

  it("reads wildcards, actions in any case, and what a statement leaves out", () => {
    expect(isAllowed([allow({ Action: "SQS:send*" })])).to.equal(true);
    expect(isAllowed([allow({ Action: "sqs:Send?essage" })])).to.equal(true);
    expect(isAllowed([allow({ Resource: "arn:aws:sqs:*:000000000000:j?bs" })])).to.equal(true);
    expect(isAllowed([allow({ Resource: queue.toUpperCase() })])).to.equal(false);
    expect(isAllowed([{ Effect: "Allow", NotAction: "sqs:Delete*", Resource: "*" }])).to.equal(true);
    expect(isAllowed([{ Effect: "Allow", NotAction: "sqs:*", Resource: "*" }])).to.equal(false);
    expect(isAllowed([{ Effect: "Allow", Action: "*", NotResource: queue }])).to.equal(false);
  });

  it("lets a service in by name, on behalf of the source alone", () => {
    const topic = "arn:aws:sns:us-east-1:000000000000:topic";
    const statement = allow({
      Principal: { Service: "sns.amazonaws.com" },
      Condition: { ArnEquals: { "aws:SourceArn": topic } },
    });
    const from = (sourceArn: string): Ask => ({ ...send, context: { "aws:sourcearn": sourceArn } });
    const service = { service: "sns.amazonaws.com" };
    expect(isAllowed([], [statement], from(topic), service)).to.equal(true);
    expect(isAllowed([], [statement], from(`${topic}2`), service)).to.equal(false);
    expect(isAllowed([], [statement], send, service)).to.equal(false);
    expect(isAllowed([], [statement], from(topic), { service: "events.amazonaws.com" })).to.equal(false);
  });

  it("refuses to read what it can't hold a call against, and says what", () => {
    const reading = (statement: object, kind?: PolicyKind) => () => policy([statement], kind);
    expect(reading(allow({ Condition: { IpAddress: { "aws:PrincipalArn": "10.0.0.0/8" } } }))).to.throw(
      "the condition operator IpAddress",
    );
    expect(reading(allow({ Condition: { StringEquals: { "aws:SourceVpce": "vpce-1" } } }))).to.throw(
      "the condition key aws:SourceVpce",
    );
    expect(reading(allow({ Resource: "arn:aws:sqs:::${aws:PrincipalTag/team}" }))).to.throw("policy variables");
    expect(reading(allow({ Principal: { Federated: "x" } }), "resource")).to.throw("principals of the kind Federated");
    expect(reading(allow({ NotPrincipal: "*" }), "resource")).to.throw("the element NotPrincipal");
    expect(reading(allow(), "resource")).to.throw("Expected a `Principal`");
    expect(reading(allow({ Principal: "*" }))).to.throw("Expected no `Principal`");
    expect(reading({ Effect: "Allow", Action: "x" })).to.throw("either `Resource` or `NotResource`");
    expect(reading(allow({ Effect: "allow" }))).to.throw("`Effect` as Allow or Deny");
    expect(() => parsePolicy("{", { owner: "o", policy: "p", kind: "identity" })).to.throw("The policy p of o");
  });

  it("never allows more with a deny added, never less with an allow added, in any order", () => {
    const action = fc.constantFrom("sqs:SendMessage", "sqs:*", "sqs:DeleteMessage", "s3:GetObject", "*");
    const resource = fc.constantFrom(queue, "*", "arn:aws:sqs:*", `${queue}2`);
    const statement = fc.record({ Effect: fc.constantFrom("Allow", "Deny"), Action: action, Resource: resource });
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), statement, (statements, extra) => {
        const before = isAllowed(statements);
        expect(isAllowed([...statements].reverse())).to.equal(before);
        if (isAllowed([...statements, extra]) !== before) expect(extra.Effect).to.equal(before ? "Deny" : "Allow");
      }),
    );
  });
});
