import { type InvocationType, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";
import { codeFunction } from "../programs";
import { rejection, startTestCloud, type TestCloud, until } from "../support";

describe("local Lambda API", () => {
  let test: TestCloud;
  let client: LambdaClient;
  let FunctionName: string;
  before(async () => {
    test = await startTestCloud();
    const { endpoint, region, credentials } = test.cloud;
    client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
    const code = `let n = 0; exports.handler = async (event) => {
      if (event.fail && ++n < 3) throw new TypeError("no " + n);
      console.log("handled " + JSON.stringify(event)); return { event }; };`;
    FunctionName = String((await test.up(() => ({ name: codeFunction("echo", code).name }))).name);
  });
  after(async () => {
    client.destroy();
    await test.stop();
  });

  const invoke = (Payload: string | undefined, more: { InvocationType?: InvocationType; FunctionName?: string } = {}) =>
    client.send(new InvokeCommand({ FunctionName, Payload, ...more }));

  it("waits for the answer, an error of the handler included", async () => {
    const answer = await invoke('{"a": "ä"}');
    expect([answer.StatusCode, answer.ExecutedVersion, answer.FunctionError]).to.deep.equal([
      200,
      "$LATEST",
      undefined,
    ]);
    expect(JSON.parse(answer.Payload!.transformToString())).to.deep.equal({ event: { a: "ä" } });
    const failed = await invoke('{"fail": 1}');
    expect([failed.StatusCode, failed.FunctionError]).to.deep.equal([200, "Unhandled"]);
    expect(JSON.parse(failed.Payload!.transformToString())).to.include({
      errorType: "TypeError",
      errorMessage: "no 1",
    });
    const byArn = await invoke(undefined, { FunctionName: test.cloud.lambdas.find(FunctionName)!.spec.arn });
    expect(JSON.parse(byArn.Payload!.transformToString())).to.deep.equal({ event: {} });
  });

  it("takes events, and tries them again where the handler fails", async () => {
    const { StatusCode } = await invoke('{"fail": 2}', { InvocationType: "Event" });
    expect(StatusCode).to.equal(202);
    const said = await until(() => test.logs.find(({ line }) => line.includes('handled {"fail":2}')));
    expect(said.line).to.match(/^[\d-]{10}T[\d:.]{12}Z\t[\da-f-]{36}\tINFO\thandled \{"fail":2\}$/);
    expect((await invoke("{}", { InvocationType: "DryRun" })).StatusCode).to.equal(204);
  });

  it("refuses as Lambda does", async () => {
    const unknown = await rejection(invoke("{}", { FunctionName: "nowhere", InvocationType: "Event" }));
    expect(unknown.name).to.equal("ResourceNotFoundException");
    expect(unknown.message).to.equal("Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere");
    expect((await rejection(invoke("{"))).name).to.equal("InvalidRequestContentException");
    const large = JSON.stringify("x".repeat(1_048_577));
    expect((await rejection(invoke(large, { InvocationType: "Event" }))).name).to.equal("RequestTooLargeException");
    expect((await invoke(large)).StatusCode).to.equal(200);
    const odd = await rejection(invoke("{}", { InvocationType: "Later" as InvocationType }));
    expect(odd.name).to.equal("InvalidParameterValueException");
  });

  it("can be made to fail, by the name of the function that is called", async () => {
    const fault = { service: "lambda", action: "Invoke", status: 429, code: "TooManyRequestsException", times: 1 };
    test.cloud.faults.add({ ...fault, when: ({ caller }) => caller === FunctionName });
    expect((await rejection(invoke("{}"))).name).to.equal("TooManyRequestsException");
    expect((await invoke("{}")).StatusCode).to.equal(200);
  });
});
