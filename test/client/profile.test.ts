import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createAuthorize } from "../../client/connection/authorization";
import { rejection } from "../local-cloud/support";
import { withEnvironment } from "./environment";

const config = `
[profile prod]
region = eu-central-1
credential_process = /bin/sh -c "echo no ticket for you >&2; exit 3"
[profile good]
region = eu-north-1
[profile sso]
region = eu-west-1
sso_session = my
sso_account_id = 123456789012
sso_role_name = reader
[sso-session my]
sso_start_url = https://x.example/start
sso_region = eu-west-1
`;

const keys = "[good]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n";

describe("the person's AWS profile", () => {
  const url = new URL("https://jobs.example.com/");
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "aws profile "));
    writeFileSync(join(folder, "config"), config);
    writeFileSync(join(folder, "credentials"), keys);
  });

  after(() => rmSync(folder, { recursive: true }));

  const sign = (profile: string | undefined, more: Record<string, string> = {}, options: { region?: string } = {}) =>
    withEnvironment(
      {
        AWS_CONFIG_FILE: join(folder, "config"),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
        HOME: folder,
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_PROFILE: profile,
        AWS_REGION: undefined,
        AWS_DEFAULT_REGION: undefined,
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        ...more,
      },
      () => createAuthorize(url, options)({ method: "GET", url, headers: {} }),
    );

  it("gives the region of a custom domain, after the option and the environment", async () => {
    const scopeOf = async (...args: Parameters<typeof sign>) =>
      /AKIDEXAMPLE\/\d+\/([^/]+)\/execute-api/.exec((await sign(...args)).authorization!)?.[1];
    expect(await scopeOf("good")).to.equal("eu-north-1");
    expect(await scopeOf("good", { AWS_REGION: "eu-south-1" })).to.equal("eu-south-1");
    expect(await scopeOf("good", { AWS_DEFAULT_REGION: "eu-south-2" })).to.equal("eu-south-2");
    expect(await scopeOf("good", { AWS_REGION: "eu-south-1" }, { region: "us-east-2" })).to.equal("us-east-2");
  });

  it("is named in the error if it has no credentials", async () => {
    for (const [profile, text] of [
      ["prod", /^No AWS credentials to sign with: profile prod, .* gives none: Command failed: .* no ticket for you$/],
      ["nope", /^No AWS credentials to sign with: there is no profile "nope", which AWS_PROFILE names$/],
      ["sso", /^No AWS credentials to sign with: .*aws sso login/],
      [undefined, /^No AWS credentials to sign with: none in the environment, .*set AWS_PROFILE, or log in$/],
    ] as const) {
      const error = await rejection(sign(profile, {}, { region: "eu-west-1" }));
      expect(error).to.include({ code: "unauthorized" });
      expect(error.message).to.match(text);
    }
  });

  it("gives the region if nothing else does", async () => {
    expect((await rejection(sign("nope"))).message).to.match(
      /^Expected the region of https:\/\/jobs\.example\.com as an option, in AWS_REGION or in the profile/,
    );
  });
});
