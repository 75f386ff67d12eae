import { randomBytes } from "node:crypto";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Who makes a call: a function, an instance, or the person at the keyboard. */
export interface Caller {
  name: string;
  /** Absent for the person, who may do anything. */
  roleArn?: string;
}

/** The credentials that the local cloud has given out. Each function and instance has its own. */
export class Callers {
  private readonly callers = new Map<string, Caller>();

  issue(caller: Caller): Credentials {
    const accessKeyId = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
    this.callers.set(accessKeyId, caller);
    return { accessKeyId, secretAccessKey: randomBytes(20).toString("hex") };
  }

  find(accessKeyId: string | undefined): Caller | undefined {
    return accessKeyId === undefined ? undefined : this.callers.get(accessKeyId);
  }

  revoke(accessKeyId: string): void {
    this.callers.delete(accessKeyId);
  }
}
