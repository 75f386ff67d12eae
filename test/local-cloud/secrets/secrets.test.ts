import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { localSecretsFile, readLocalSecrets } from "../../../local-cloud/secrets/localSecrets";
import { SecretStore } from "../../../local-cloud/secrets/secretStore";
import { rejection, startTestCloud, type TestCloud } from "../support";

describe("secrets and parameters of the local cloud", () => {
  let test: TestCloud;
  let secretsManager: SecretsManagerClient;
  let ssm: SSMClient;
  let arns: Record<string, string>;

  const program =
    (password: string, hasToken = true) =>
    () => {
      const login = new aws.secretsmanager.Secret("login", { name: "prod/login" });
      new aws.secretsmanager.SecretVersion("login", { secretId: login.id, secretString: password });
      const bytes = new aws.secretsmanager.Secret("bytes");
      new aws.secretsmanager.SecretVersion("bytes", { secretId: bytes.arn, secretBinary: "AAEC" });
      const empty = new aws.secretsmanager.Secret("empty");
      const plain = new aws.ssm.Parameter("plain", { name: "plain", type: "String", value: "a" });
      const token =
        hasToken && new aws.ssm.Parameter("token", { name: "/jobs/token", type: "SecureString", value: "t" });
      const outputs = { login: login.arn, bytes: bytes.arn, empty: empty.arn, plain: plain.arn };
      return { ...outputs, ...(token && { token: token.arn }) };
    };

  before(async () => {
    test = await startTestCloud();
    arns = (await test.up(program("first"))) as Record<string, string>;
    const { endpoint, region, credentials } = test.cloud;
    secretsManager = new SecretsManagerClient({ endpoint, region, credentials });
    ssm = new SSMClient({ endpoint, region, credentials });
  });
  after(async () => {
    secretsManager?.destroy();
    ssm?.destroy();
    await test?.stop();
  });

  const value = (SecretId: string, more: object = {}) =>
    secretsManager.send(new GetSecretValueCommand({ SecretId, ...more }));

  it("have ARNs as on AWS", () => {
    expect(arns.login).to.match(/^arn:aws:secretsmanager:us-east-1:\d{12}:secret:prod\/login-\w{6}$/);
    expect(arns.token).to.match(/^arn:aws:ssm:us-east-1:\d{12}:parameter\/jobs\/token$/);
    expect(arns.plain).to.match(/:parameter\/plain$/);
  });

  it("answer GetSecretValue by ARN, name, stage and version", async () => {
    const { ARN, Name, SecretString, VersionStages, VersionId } = await value(arns.login!);
    expect({ ARN, Name, SecretString, VersionStages }).to.deep.equal({
      ARN: arns.login,
      Name: "prod/login",
      SecretString: "first",
      VersionStages: ["AWSCURRENT"],
    });
    expect((await value("prod/login", { VersionId })).SecretString).to.equal("first");
    const { SecretBinary, SecretString: none } = await value(arns.bytes!);
    expect([...SecretBinary!]).to.deep.equal([0, 1, 2]);
    expect(none).to.equal(undefined);
  });

  it("refuse what isn't there, in AWS's words", async () => {
    const failures = [value("nothing"), value(arns.empty!), value(arns.login!, { VersionStage: "AWSPREVIOUS" })].map(
      async (calling) => rejection(calling),
    );
    for (const { name, message } of await Promise.all(failures)) {
      expect(name).to.equal("ResourceNotFoundException");
      expect(message).to.match(/^Secrets Manager can't find the specified secret.*\.local-secrets\.yaml/);
    }
    const { name } = await rejection(ssm.send(new GetParameterCommand({ Name: "/nothing" })));
    expect(name).to.equal("ParameterNotFound");
  });

  it("answer GetParameter and GetParameters by name and ARN, encrypted ones where they are to be decrypted", async () => {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "plain" }));
    expect(Parameter).to.include({ ARN: arns.plain, Name: "plain", Type: "String", Value: "a", Version: 1 });
    const Names = [arns.token!, "/nothing"];
    const decrypted = await ssm.send(new GetParametersCommand({ Names, WithDecryption: true }));
    expect(decrypted.Parameters?.map(({ Value }) => Value)).to.deep.equal(["t"]);
    expect(decrypted.InvalidParameters).to.deep.equal(["/nothing"]);
    const encrypted = await ssm.send(new GetParametersCommand({ Names: ["/jobs/token"] }));
    expect(encrypted.Parameters?.map(({ Value }) => Value)).to.deep.equal(["(encrypted)"]);
  });

  it("ask policies by the ARN of what is meant", () => {
    const { iam } = test.cloud;
    const caller = { roleArn: "arn:aws:iam::000000000000:role/nobody", name: "i-1" };
    const refusal = (service: string, action: string, input: object) =>
      iam.refusalOf(caller, { service, input } as never, action)?.message;
    expect(refusal("secretsmanager", "GetSecretValue", { SecretId: "prod/login" })).to.include(arns.login!);
    expect(refusal("ssm", "GetParameters", { Names: ["/jobs/token"] })).to.include(arns.token!);
    expect(refusal("ssm", "GetParameter", { Name: arns.plain }))
      .to.include("ssm:GetParameter")
      .and.include(arns.plain!);
  });

  it("are changed in place, and go with the program's", async () => {
    await test.update(program("second", false));
    expect((await value(arns.login!)).SecretString).to.equal("second");
    const { name } = await rejection(ssm.send(new GetParameterCommand({ Name: "/jobs/token" })));
    expect(name).to.equal("ParameterNotFound");
  });
});

describe("values given for secrets that the program doesn't make", () => {
  const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-Ab12Cd";
  const whole = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-Ab12Cd";
  const parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/token";

  it("are used by the variable's name of the function or instance that asks", () => {
    const store = new SecretStore({ USER: "jobs", PASSWORD: "p", KEY: "k", TOKEN: "t", TYPO: "x" });
    store.note(
      JSON.stringify({ USER: `${secret}#user`, PASSWORD: `${secret}#password`, KEY: whole, TOKEN: parameter }),
    );
    store.note(undefined);
    expect(JSON.parse(store.findSecret(secret)!.version!.text!)).to.deep.equal({ user: "jobs", password: "p" });
    expect(store.findSecret(whole)).to.deep.include({ arn: whole, name: "key" });
    expect(store.findSecret(whole)!.version!.text).to.equal("k");
    expect(store.findParameter(parameter, "eu-west-1")).to.include({ value: "t", name: "/token" });
    expect(store.missing()).to.deep.equal([]);
    expect(store.superfluous()).to.deep.equal(["TYPO"]);
  });

  it("are reported if they are missing, key by key", () => {
    const store = new SecretStore({ USER: "jobs" });
    store.note(JSON.stringify({ USER: `${secret}#user`, PASSWORD: `${secret}#password`, TOKEN: parameter }));
    expect(store.missing()).to.deep.equal(["PASSWORD", "TOKEN"]);
  });

  it("don't stand in for what the program makes", () => {
    const store = new SecretStore({ KEY: "given" });
    store.addSecret(whole, "key");
    store.note(JSON.stringify({ KEY: whole }));
    expect(store.findSecret(whole)!.version).to.equal(undefined);
    expect(store.missing()).to.deep.equal(["KEY"]);
  });
});

describe("the file of local secrets", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "local secrets "))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string, mode = 0o600) => writeFileSync(join(folder, localSecretsFile), text, { mode });
  const failure = () => {
    try {
      readLocalSecrets(folder);
      return "nothing";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("may be missing or empty", () => {
    expect(readLocalSecrets(folder)).to.deep.equal({});
    write("# nothing yet\n");
    expect(readLocalSecrets(folder)).to.deep.equal({});
  });

  it("holds texts by variable, of several lines too", () => {
    write('DB_PASSWORD: hunter2\nPORT: "5432"\nTLS_KEY: |\n  a\n  b\n');
    expect(readLocalSecrets(folder)).to.deep.equal({ DB_PASSWORD: "hunter2", PORT: "5432", TLS_KEY: "a\nb\n" });
  });

  for (const mode of [0o640, 0o604, 0o644, 0o666]) {
    it(`is refused where others may read or write it: ${mode.toString(8)}`, () => {
      write("A: a\n");
      execFileSync("chmod", [mode.toString(8), join(folder, localSecretsFile)]);
      expect(failure()).to.match(/Expected a file that only you may read, mode 0600, got 06\d\d: chmod 600 /);
    });
  }

  const malformed: [string, string, RegExp][] = [
    ["no YAML", "A: a\nB: [marker", /Expected YAML, VARIABLE: value; line \d is none$/],
    ["a list", "- marker\n", /Expected YAML, VARIABLE: value$/],
    ["a text", "marker\n", /Expected YAML, VARIABLE: value$/],
    ["a number", "A: 5432\n", /Expected A as a text, in quotes where it looks like another$/],
    ["an object", "A: { b: marker }\n", /Expected A as a text/],
  ];
  for (const [what, text, message] of malformed) {
    it(`is refused where it is ${what}, without what it holds`, () => {
      write(text);
      expect(failure()).to.match(message).and.not.include("marker");
    });
  }

  it("is refused if git would add it", () => {
    execFileSync("git", ["init", "--quiet", folder]);
    write("A: a\n");
    expect(failure()).to.match(
      /Expected a file that git ignores, got one that it would take in: add it to \.gitignore$/,
    );
    writeFileSync(join(folder, ".gitignore"), `${localSecretsFile}\n`);
    expect(readLocalSecrets(folder)).to.deep.equal({ A: "a" });
  });
});
