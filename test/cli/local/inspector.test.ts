import { expect } from "chai";
import { inspectorLine, inspectorVariables } from "../../../cli/local/inspector";

describe("the inspector of handlers", () => {
  it("passes on the variables by which VS Code attaches to processes, and lifts the timeout", () => {
    const given = { NODE_OPTIONS: "--require /code/bootloader.js", VSCODE_INSPECTOR_OPTIONS: "{}" };
    const lifted = { WORKER_INSPECT_PORT: "9229", WORKER_TIMEOUT_SECONDS: "42600" };
    expect(inspectorVariables(9_229, { ...given, HOME: "/" })).to.deep.equal({ ...given, ...lifted });
    expect(inspectorVariables(9_229, {})).to.deep.equal(lifted);
  });

  it("is announced by job type and address, and nothing else is", () => {
    const said = (message: string) => JSON.stringify({ event: "handler-output", message, jobType: "greet" });
    const entry = (line: string) => ({ source: "worker", name: "i-1", stream: "stdout", line }) as const;
    const listening = "Debugger listening on ws://127.0.0.1:9229/1";
    expect(inspectorLine(entry(said(listening)))).to.include({
      ...{ source: "cloud", name: "greet", line: "inspector at ws://127.0.0.1:9229/1" },
    });
    expect(inspectorLine(entry(said(`it said: ${listening}`)))).to.equal(undefined);
    expect(inspectorLine({ ...entry(said(listening)), source: "function" })).to.equal(undefined);
  });
});
