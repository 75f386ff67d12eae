import { randomBytes } from "node:crypto";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Token of a role's session; the developer has none. */
  sessionToken?: string;
}

/** The caller: a function, an instance, or the developer. */
export interface Caller {
  name: string;
  /** Undefined for the developer, who may do anything. */
  roleArn?: string;
}

/** An issued key and its owner. */
export interface Issued {
  caller: Caller;
  credentials: Credentials;
}

/** The issued credentials. Each function and instance has its own. */
export class Callers {
  private readonly issued = new Map<string, Issued>();

  issue(caller: Caller): Credentials {
    const secretAccessKey = randomBytes(20).toString("hex");
    const id = randomBytes(8).toString("hex").toUpperCase();
    const credentials =
      caller.roleArn === undefined
        ? { accessKeyId: `AKIA${id}`, secretAccessKey }
        : { accessKeyId: `ASIA${id}`, secretAccessKey, sessionToken: randomBytes(48).toString("base64") };
    this.issued.set(credentials.accessKeyId, { caller, credentials });
    return credentials;
  }

  issuedTo(accessKeyId: string): Issued | undefined {
    return this.issued.get(accessKeyId);
  }

  revoke(accessKeyId: string): void {
    this.issued.delete(accessKeyId);
  }
}
