import { randomBytes } from "node:crypto";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a role's session; the person has none. */
  sessionToken?: string;
}

/** Who makes a call: a function, an instance, or the person at the keyboard. */
export interface Caller {
  name: string;
  /** Absent for the person, who may do anything. */
  roleArn?: string;
}

/** A key that was given out, and to whom. */
export interface Issued {
  caller: Caller;
  credentials: Credentials;
}

/** The credentials that the local cloud has given out. Each function and instance has its own. */
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

  find(accessKeyId: string | undefined): Caller | undefined {
    return accessKeyId === undefined ? undefined : this.issued.get(accessKeyId)?.caller;
  }

  revoke(accessKeyId: string): void {
    this.issued.delete(accessKeyId);
  }
}
