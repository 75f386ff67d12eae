import { expect } from "chai";
import { JobClient } from "../../client/index";
import { rejection } from "../local-cloud/support";
import { type CannedApi, type SeenRequest, startCannedApi } from "./support";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const hour = 3_600_000;

/** The time that a signature names. */
function signedAt({ headers }: SeenRequest): number {
  const text = String(headers["x-amz-date"]);
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

describe("a clock that differs from the API's", () => {
  let api: CannedApi;
  afterEach(() => api.close());

  /** An API whose clock is ahead, and which takes signatures of its own time alone. */
  async function start(ahead: number, status = 403): Promise<JobClient> {
    api = await startCannedApi((request) => {
      const headers = { date: new Date(Date.now() + ahead).toUTCString() };
      const isRight = Math.abs(signedAt(request) - (Date.now() + ahead)) < 300_000;
      return isRight ? { headers, body: { types: [] } } : { status, headers, body: { message: "Signature expired" } };
    });
    return new JobClient({ url: api.url, authorization: "iam", region: "eu-west-1", credentials });
  }

  for (const ahead of [hour, -hour, 24 * hour]) {
    it(`is corrected in the signature, once for all calls: ${ahead / hour} h`, async () => {
      const client = await start(ahead);
      expect(await client.types()).to.deep.equal([]);
      expect(api.requests).to.have.length(2);
      await client.types();
      expect(api.requests).to.have.length(3);
    });
  }

  it("is corrected after a 401 too", async () => {
    await (await start(hour, 401)).types();
    expect(api.requests).to.have.length(2);
  });

  it("is named in the error if that is not enough", async () => {
    for (const [ahead, text] of [
      [hour, "; this machine's clock is 60 min behind the API's"],
      [-2 * hour, "; this machine's clock is 120 min ahead of the API's"],
      [60_000, "(403: Forbidden)"],
    ] as const) {
      const date = new Date(Date.now() + ahead).toUTCString();
      api = await startCannedApi(() => ({ status: 403, headers: { date }, body: { message: "Forbidden" } }));
      const signing = { authorization: "iam", region: "eu-west-1", credentials } as const;
      const error = await rejection(new JobClient({ url: api.url, ...signing }).types());
      expect(error.message.replace(/ at http:[^ ;]*/, "").endsWith(text), error.message).to.be.true;
      expect(api.requests).to.have.length(ahead === 60_000 ? 1 : 2);
      await api.close();
    }
  });

  it("is named in the error for a token, which can't be signed again", async () => {
    api = await startCannedApi(() => ({
      status: 401,
      headers: { date: new Date(Date.now() + hour).toUTCString() },
      body: { message: "Unauthorized" },
    }));
    const error = await rejection(new JobClient({ url: api.url, token: "t" }).types());
    expect(error.message).to.include("60 min behind");
    expect(api.requests).to.have.length(1);
  });
});
