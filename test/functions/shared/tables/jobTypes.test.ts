import { expect } from "chai";
import type { JobType } from "../../../../contract/jobType";
import { createJobTypes, type JobTypes } from "../../../../functions/shared/tables/jobTypes";
import { checksum, wordCount } from "../../support/fakeFrontend";

describe("jobTypes", () => {
  let types: Map<string, JobType>;
  let isDown: boolean;
  let reads: string[];
  let seconds: number;
  let jobTypes: JobTypes;

  beforeEach(() => {
    types = new Map([wordCount, checksum].map((each) => [each.type, each]));
    isDown = false;
    reads = [];
    seconds = 0;
    jobTypes = createJobTypes({
      table: {
        read: (type) => {
          reads.push(type);
          return isDown ? Promise.reject(new Error("down")) : Promise.resolve(types.get(type));
        },
        readAll: () => Promise.resolve([...types.values()]),
      },
      now: () => seconds * 1_000,
    });
  });

  it("reads a type once a minute", async () => {
    for (seconds of [0, 30, 59, 60, 61, 119, 120]) expect(await jobTypes.find("word-count")).to.equal(wordCount);
    expect(reads).to.have.length(3);
  });

  it("looks an unknown type up each time, so that a new one works at once", async () => {
    expect(await jobTypes.find("new")).to.equal(undefined);
    types.set("new", wordCount);
    expect(await jobTypes.find("new")).to.equal(wordCount);
  });

  it("forgets a type that is gone", async () => {
    await jobTypes.find("checksum");
    types.delete("checksum");
    seconds = 60;
    expect(await jobTypes.find("checksum")).to.equal(undefined);
    isDown = true;
    expect(await jobTypes.find("checksum").catch(() => "thrown")).to.equal("thrown");
  });

  it("reads once for all callers at the same time", async () => {
    await Promise.all(Array.from({ length: 100 }, () => jobTypes.find("word-count")));
    expect(reads).to.have.length(1);
  });

  it("continues with the types it has read while the table can't be read, and tries again every few seconds", async () => {
    await jobTypes.find("word-count");
    isDown = true;
    for (seconds of [60, 61, 64]) expect(await jobTypes.find("word-count")).to.equal(wordCount);
    expect(reads).to.have.length(2);
    isDown = false;
    types.set("word-count", { ...wordCount, maxAttempts: 9 });
    seconds = 65;
    expect(await jobTypes.find("word-count")).to.include({ maxAttempts: 9 });
  });

  it("throws for a type that it never saw while the table can't be read, and recovers", async () => {
    isDown = true;
    expect(await jobTypes.find("word-count").catch((error: Error) => error.message)).to.equal("down");
    isDown = false;
    expect(await jobTypes.find("word-count")).to.equal(wordCount);
  });

  it("lists types by name", async () => {
    expect((await jobTypes.list()).map(({ type }) => type)).to.deep.equal(["checksum", "word-count"]);
  });
});
