import { expect } from "chai";
import { completionEventOf, eventMessage } from "../../../contract/messages/completionEvent";
import type { JobRecord } from "../../../contract/records/record";

const record: JobRecord = {
  id: "a",
  type: "word-count",
  state: "failed",
  attempts: 3,
  submittedAt: "2026-11-02T10:00:00.000Z",
  finishedAt: "2026-11-02T10:00:05.000Z",
  error: {
    name: "TypeError",
    message: "no",
    code: "E_NO",
    frames: ["check (jobs/a.ts:8:11)", "handle (jobs/a.ts:2:3)"],
  },
  result: "never shown",
  tenant: "acme",
};

describe("completion event", () => {
  it("has the end of a job, and neither result nor payload", () => {
    const { result, tenant, ...told } = record;
    expect(result && tenant).to.be.a("string");
    const sent = (of: JobRecord) => JSON.parse(eventMessage(completionEventOf(of)).body) as unknown;
    expect(sent(record)).to.deep.equal(told);
    expect(sent({ ...record, error: undefined })).not.to.have.property("error");
    expect(sent({ ...record, labels: { a: "1" } })).to.deep.include({ labels: { a: "1" } });
  });

  it("carries type and state as attributes to filter by", () => {
    const { body, attributes } = eventMessage(
      completionEventOf({ ...record, error: { name: "E", message: "\uffff" } }),
    );
    expect(JSON.parse(body)).to.deep.include({ id: "a", error: { name: "E", message: "\uffff" } });
    expect(body).to.include("\\uffff");
    expect(attributes).to.deep.equal({
      type: { DataType: "String", StringValue: "word-count" },
      state: { DataType: "String", StringValue: "failed" },
    });
  });
});
