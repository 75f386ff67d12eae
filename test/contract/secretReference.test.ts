import { expect } from "chai";
import { parseSecretReference } from "../../contract/secretReference";

const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-Ab12Cd";

describe("parseSecretReference", () => {
  const references: [string, object][] = [
    [secret, { service: "secretsmanager", region: "eu-west-1", arn: secret }],
    [`${secret}#password`, { service: "secretsmanager", region: "eu-west-1", arn: secret, key: "password" }],
    [`${secret}#a key #2`, { service: "secretsmanager", region: "eu-west-1", arn: secret, key: "a key #2" }],
    ["arn:aws-cn:ssm:cn-north-1:123456789012:parameter/a/b_c.d", { service: "ssm", region: "cn-north-1" }],
    ["arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rds!db-1234-a1b2C3", { region: "us-gov-west-1" }],
  ];
  for (const [text, parts] of references) {
    it(`reads ${text}`, () => expect(parseSecretReference(text)).to.deep.include(parts));
  }

  const others = [
    "",
    "hunter2",
    "prod/db",
    // Without the six characters at its end no policy would cover it.
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
    `${secret}#`,
    `${secret}:password::`,
    `${secret}\nA=b`,
    `${secret}#a\nb`,
    ` ${secret}`,
    "arn:aws:secretsmanager:eu-west-1:12345:secret:db-Ab12Cd",
    "arn:aws:ssm:eu-west-1:123456789012:parameter/db#password",
    "arn:aws:ssm:eu-west-1:123456789012:parameter/db:3",
    "arn:aws:ssm:eu-west-1:123456789012:parameter/*",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*-Ab12Cd",
    "arn:aws:s3:::bucket/key",
  ];
  for (const text of others) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(parseSecretReference(text)).to.equal(undefined));
  }
});
