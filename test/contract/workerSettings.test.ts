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
    prefetch: 4,
    acknowledge: "after",
    idleSeconds: 300,
    timeoutSeconds: 900,
    maxAttempts: 3,
    visibilityTimeoutSeconds: 60,
    backoffSeconds: 0.5,
    maxBackoffSeconds: 900,
    drainSeconds: 90,
    fleetTable: "fleets",
    scalerFunction: "scaler",
  };

  it("round-trips, in variables of the worker's prefix", () => {
    const environment = encodeWorkerSettings(settings);
    expect(Object.keys(environment).every((name) => name.startsWith(workerVariablePrefix))).to.equal(true);
    expect(decodeWorkerSettings(environment)).to.deep.equal({ ok: true, value: settings });
  });

  it("round-trips with each kind of handler, and without records", () => {
    const rest: WorkerSettings = { ...settings };
    delete rest.handler;
    delete rest.jobTable;
    const kinds: Partial<WorkerSettings>[] = [
      { command: ["python3", "a b.py", '"'] },
      { inlineHandler: "s3://b/k" },
      { handler: "h" },
      { handler: "h", memoryMegabytes: 512, gpu: true },
    ];
    for (const kind of kinds) {
      const value = { ...rest, ...kind };
      expect(decodeWorkerSettings(encodeWorkerSettings(value))).to.deep.equal({ ok: true, value });
    }
  });

  const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab12Cd";

  it("round-trips with secrets", () => {
    const value = { ...settings, secrets: { PASSWORD: `${secret}#"a b"`, KEY: secret } };
    expect(decodeWorkerSettings(encodeWorkerSettings(value))).to.deep.equal({ ok: true, value });
  });

  for (const text of ["PASSWORD", "[]", '{"PASSWORD": 1}', '{"PASSWORD": "no ARN"}', `{"A": "${secret}", "B": null}`]) {
    it(`takes no secrets such as ${text}`, () => {
      const decoded = decodeWorkerSettings({ ...encodeWorkerSettings(settings), WORKER_SECRETS: text });
      expect(!decoded.ok && decoded.problems.map(({ path }) => path)).to.deep.equal(["WORKER_SECRETS"]);
      expect(!decoded.ok && decoded.problems[0]!.message).to.include("Expected a JSON object of ARNs, got ");
    });
  }

  it("round-trips with each kind of metrics, and refuses others", () => {
    for (const kind of [{ metrics: "component", metricsComponent: "a/b/c" }, { metrics: "off" }] as const) {
      const value = { ...settings, ...kind };
      expect(decodeWorkerSettings(encodeWorkerSettings(value))).to.deep.equal({ ok: true, value });
    }
    const problemsOf = (more: Record<string, string>) => {
      const decoded = decodeWorkerSettings({ ...encodeWorkerSettings(settings), ...more });
      return !decoded.ok && decoded.problems;
    };
    expect(problemsOf({ WORKER_METRICS: "some" })).to.deep.equal([
      { path: "WORKER_METRICS", message: 'Expected "type" or "component" or "off", got "some"' },
    ]);
    expect(problemsOf({ WORKER_METRICS: "component" })).to.deep.equal([
      { path: "WORKER_METRICS_COMPONENT", message: "Expected the component's name, got nothing" },
    ]);
  });

  it("names every variable that is missing or wrong", () => {
    const environment = {
      ...encodeWorkerSettings(settings),
      WORKER_TYPE: "",
      WORKER_SLOTS: "-1",
      WORKER_HANDLER: undefined,
      WORKER_ACKNOWLEDGE: "never",
      WORKER_PREFETCH: undefined,
    };
    const decoded = decodeWorkerSettings(environment);
    expect(!decoded.ok && decoded.problems).to.deep.equal([
      { path: "WORKER_TYPE", message: "Expected a text, got nothing" },
      { path: "WORKER_SLOTS", message: 'Expected a whole number from 0 to 1000, got "-1"' },
      { path: "WORKER_PREFETCH", message: "Expected a whole number from 0 to 1000, got nothing" },
      { path: "WORKER_ACKNOWLEDGE", message: 'Expected "after" or "before", got "never"' },
      {
        path: "WORKER_HANDLER",
        message: "Expected one of WORKER_HANDLER, WORKER_INLINE_HANDLER and WORKER_COMMAND, got none",
      },
    ]);
  });
});
