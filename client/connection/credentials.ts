import { JobProblemError } from "../errors";
import { gatewayCodes } from "../problemCode";
import { boundedClient } from "./proxy";

/** The credentials that requests are signed with. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** The standard chain of the AWS SDK, with the reasons if it finds no credentials. */
export async function standardCredentials(): Promise<() => Promise<AwsCredentials>> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const reasons = new ChainReasons();
  const find = defaultProvider({ logger: reasons.logger, clientConfig: await boundedClient() });
  return async () => {
    try {
      return await find();
    } catch (error) {
      throw noCredentials(await reasons.explain(error as Error), error);
    }
  };
}

/** The caller's own credentials, with an error that names them as the cause. */
export async function givenCredentials(credentials: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
  try {
    return await credentials();
  } catch (error) {
    throw noCredentials((error as Error).message, error);
  }
}

function noCredentials(reason: string, cause: unknown): JobProblemError {
  const detail = `No AWS credentials to sign with: ${reason.replace(/[\s.]+$/, "").replace(/\s+/g, " ")}`;
  return Object.assign(new JobProblemError({ code: gatewayCodes.unauthorized, status: 401, detail }), { cause });
}

/**
 * Reasons why the links of the SDK's chain gave no credentials. The chain itself throws the reason of its last link,
 * whatever happened to the profile that the user named; the others' reasons go to its logger alone.
 */
class ChainReasons {
  private readonly lines: string[] = [];
  readonly logger = {
    debug: (...content: unknown[]) => void this.lines.push(content.join(" ")),
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };

  async explain({ message }: Error): Promise<string> {
    const profile = process.env.AWS_PROFILE;
    if (!/any providers/.test(message)) return message;
    if (!profile) return "none in the environment, none in a profile; set AWS_PROFILE, or log in";
    const { parseKnownFiles } = await import("@smithy/core/config");
    const profiles = await parseKnownFiles({}).catch(() => ({}));
    if (!(profile in profiles)) return `there is no profile ${JSON.stringify(profile)}, which AWS_PROFILE names`;
    const said = this.lines.slice(this.lines.findLastIndex((line) => line.endsWith("::fromIni")));
    const reason = said.map((line) => /property-provider -> (.*)/s.exec(line)?.[1]).find((text) => text !== undefined);
    return `profile ${profile}, which AWS_PROFILE names, gives none: ${reason ?? message}`;
  }
}
