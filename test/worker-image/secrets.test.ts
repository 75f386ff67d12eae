import { expect } from "chai";
import { SecretReference } from "../../contract/secretReference";
import { readSecrets } from "../../worker-image/src/secrets";
import { rejection } from "../local/support";
import { FakeLog } from "./support/doubles";
import { FakeClock } from "./support/fakeClock";

const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-Ab12Cd";
const parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/token";

/** Reads them from what each ARN has; an Error is what each read of it meets, a list is one answer after the other. */
function read(references: Record<string, string>, values: Record<string, string | Error | (string | Error)[]>) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const asked: string[] = [];
  const fetch = ({ arn }: SecretReference) => {
    asked.push(arn);
    const value = values[arn];
    const next = Array.isArray(value) ? (value.length > 1 ? value.shift() : value[0]) : value;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next!);
  };
  const { signal } = new AbortController();
  const reading = readSecrets(references, { fetch, clock, random: () => 1, log: log.log, signal });
  return { reading, clock, log, asked };
}

const denied = () => Object.assign(new Error("not authorized to perform"), { name: "AccessDeniedException" });

describe("readSecrets", () => {
  it("reads whole values and keys of JSON, each secret once", async () => {
    const value = JSON.stringify({ user: "jobs", password: "p\nq", port: 5432, tls: true });
    const references = {
      USER: `${secret}#user`,
      PASSWORD: `${secret}#password`,
      PORT: `${secret}#port`,
      TLS: `${secret}#tls`,
      ALL: secret,
      TOKEN: parameter,
    };
    const { reading, asked } = read(references, { [secret]: value, [parameter]: "" });
    expect(await reading).to.deep.equal({
      ...{ USER: "jobs", PASSWORD: "p\nq", PORT: "5432", TLS: "true", ALL: value },
      TOKEN: "",
    });
    expect(asked).to.deep.equal([secret, parameter]);
  });

  it("asks for nothing where there are none", async () => {
    expect(await read({}, {}).reading).to.deep.equal({});
  });

  it("tries again what is refused, since a right that was just given takes some seconds to count", async () => {
    const { reading, clock, log } = read({ TOKEN: parameter }, { [parameter]: [denied(), denied(), "value"] });
    await clock.advance(60_000);
    expect(await reading).to.deep.equal({ TOKEN: "value" });
    const retries = log.entries.filter(({ event }) => event === "secret-read-retried");
    expect(retries).to.have.length(2);
    expect(retries[0]!.fields).to.include({ secret: "TOKEN" });
  });

  it("names every variable that it can't read, once the tries are used up", async () => {
    const references = { TOKEN: parameter, PASSWORD: `${secret}#password`, USER: `${secret}#user` };
    const { reading, clock } = read(references, { [parameter]: denied(), [secret]: "{}" });
    const failure = rejection(reading);
    await clock.advance(600_000);
    const { message } = await failure;
    expect(message).to.include(`TOKEN could not be read from ${parameter}: not authorized to perform`);
    expect(message).to.include(
      `PASSWORD could not be read from ${secret}#password: expected a text at the key password`,
    );
    expect(message)
      .to.include("the secret USER could not be read")
      .and.match(/^The secret /);
  });

  const unusable: [string, string][] = [
    ["no JSON", "marker"],
    ["half of it", '{"password": "marker'],
    ["another kind of JSON", '["marker"]'],
    ["an object at the key", '{"password": {"is": "marker"}}'],
    ["null at the key", '{"password": null, "other": "marker"}'],
    ["nothing at the key", '{"Password": "marker"}'],
    ["what only looks like a key", "{}"],
    ["a NUL", '{"password": "marker\\u0000"}'],
  ];
  for (const [what, value] of unusable) {
    it(`says what is wrong with ${what}, and not what the value is`, async () => {
      const key = what.startsWith("what only") ? "toString" : "password";
      const { reading } = read({ PASSWORD: `${secret}#${key}` }, { [secret]: value });
      const { message } = await rejection(reading);
      expect(message).to.match(/^The secret PASSWORD could not be read from arn:.*: expected /);
      expect(message).not.to.include("marker");
    });
  }
});
