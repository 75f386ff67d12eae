import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { aboutJobs, errorFields, type LogFields, type LoggedError, logLine } from "../../contract/log";

describe("logLine", () => {
  const lineOf = (common: LogFields, fields?: LogFields) =>
    logLine(Date.UTC(2_026, 0, 2), "info", "job-started", fields, common);

  it("writes an event as one line of JSON: its own fields, then the common ones", () => {
    expect(lineOf({ worker: "i-1", jobType: "t" }, { jobId: "a\n", attempt: 1 })).to.equal(
      '{"time":"2026-01-02T00:00:00.000Z","level":"info","event":"job-started","jobId":"a\\n","attempt":1,"worker":"i-1","jobType":"t"}',
    );
  });

  it("lets no event pass for another worker's", () => {
    expect(JSON.parse(lineOf({ worker: "i-1" }, { worker: "i-2" }))).to.include({ worker: "i-1" });
  });

  it("takes the time of an event that was earlier", () => {
    const time = "2026-01-01T00:00:00.000Z";
    expect(JSON.parse(lineOf({}, { time }))).to.include({ time });
  });
});

describe("aboutJobs", () => {
  it("names one job by `jobId`, so that a pattern finds it, and several by `jobIds`", () => {
    expect(aboutJobs(["a"], "t")).to.deep.equal({ jobId: "a", jobType: "t" });
    expect(aboutJobs(["a", "b"], "t")).to.deep.equal({ jobIds: ["a", "b"], jobType: "t" });
  });
});

describe("errorFields", () => {
  const withoutStack = ({ name, message, cause }: LoggedError): object => ({
    ...{ name, message },
    ...(cause && { cause: withoutStack(cause) }),
  });

  it("has name, message and stack of an error, and of its causes", () => {
    const { error } = errorFields(new TypeError("a", { cause: new Error("b") }));
    expect(withoutStack(error)).to.deep.equal({
      ...{ name: "TypeError", message: "a" },
      cause: { name: "Error", message: "b" },
    });
    expect(error.stack).to.include("log.test");
    expect(error.cause?.stack).to.include("log.test");
  });

  it("goes five errors deep", () => {
    const looped = new Error("loop");
    looped.cause = looped;
    expect(JSON.stringify(errorFields(looped)).match(/"message":"loop"/g)).to.have.length(5);
  });

  it("says why a connection was refused at all of a host's addresses", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:1"), { code: "ECONNREFUSED" });
    const error = Object.assign(new AggregateError([refused]), { code: "ECONNREFUSED" });
    expect(withoutStack(errorFields(error).error)).to.deep.equal({
      ...{ name: "AggregateError", message: "ECONNREFUSED" },
      cause: { name: "Error", message: "connect ECONNREFUSED ::1:1" },
    });
  });

  it("takes whatever is thrown", () => {
    for (const thrown of [undefined, null, "text", 7, {}, Symbol("s")] as unknown[]) {
      expect(errorFields(thrown).error.message).to.be.a("string");
      expect(errorFields(thrown).error.name).to.equal("Error");
    }
    expect(errorFields({ name: 1, message: 2 }).error).to.include({ name: "1", message: "2" });
  });
});

describe("the table of events", () => {
  const sourceOf = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|sh)$/.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join();
  const table = readFileSync("contract/logEvents.ts", "utf8");
  const rows = [...table.matchAll(/^ {2}"([^"]+)": (.*);$/gm)].map(([, name, parts]) => ({
    name: name!,
    parts: parts!,
  }));
  const written: Record<string, string> = {
    functions: sourceOf("functions"),
    worker: sourceOf("worker-image/src"),
    instance: sourceOf("worker-image/boot"),
  };

  it("has only events that some part writes", () => {
    expect(rows.length).to.be.greaterThan(90);
    for (const { name, parts } of rows) {
      for (const part of [...parts.matchAll(/"([^"]+)"/g)].map(([, each]) => each!)) {
        expect(written[part] ?? written.functions, `${name} of ${part}`).to.include(`"${name}"`);
      }
    }
  });

  it("has kebab-case alone", () => {
    for (const { name } of rows) expect(name).to.match(/^[a-z]+(-[a-z]+)+$/);
  });
});
