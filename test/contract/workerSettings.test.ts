import { expect } from "chai";
import {
  decodeWorkerSettings,
  encodeWorkerSettings,
  type WorkerSettings,
  workerVariablePrefix,
} from "../../contract/workerSettings";

describe("workerSettings", () => {
  const settings: WorkerSettings = {
    type: "word-count",
    queueUrl: "https://sqs.eu-west-1.amazonaws.com/1/q",
    deadLetterQueueUrl: "https://sqs.eu-west-1.amazonaws.com/1/d",
    jobTable: "jobs",
    handler: "word-count",
    slots: 0,
    timeoutSeconds: 900,
    maxAttempts: 3,
    visibilityTimeoutSeconds: 60,
    backoffSeconds: 0.5,
    maxBackoffSeconds: 900,
    drainSeconds: 90,
  };

  it("goes round", () => {
    const environment = encodeWorkerSettings(settings);
    expect(Object.keys(environment).every((name) => name.startsWith(workerVariablePrefix))).to.equal(true);
    expect(decodeWorkerSettings(environment)).to.deep.equal({ ok: true, value: settings });
  });

  it("names every variable that is missing or wrong", () => {
    const environment = {
      ...encodeWorkerSettings(settings),
      WORKER_TYPE: "",
      WORKER_SLOTS: "-1",
      WORKER_HANDLER: undefined,
    };
    const decoded = decodeWorkerSettings(environment);
    expect(!decoded.ok && decoded.problems).to.deep.equal([
      { path: "WORKER_TYPE", message: "Expected a text, got nothing" },
      { path: "WORKER_HANDLER", message: "Expected a text, got nothing" },
      { path: "WORKER_SLOTS", message: 'Expected a number from 0 up, got "-1"' },
    ]);
  });
});
