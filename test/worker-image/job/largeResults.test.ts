import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { type ResultFile } from "../../../worker-image/src/handlers/largeResult";
import { MessageProcessor } from "../../../worker-image/src/job/messageProcessor";
import { type LastWords } from "../../../worker-image/src/records/records";
import { S3LargeValues } from "../../../worker-image/src/values/largeValues";
import { createDoubles, envelope, message, started } from "../helpers/doubles";
import { settled } from "../helpers/fakeClock";

const sha256 = "ab".repeat(32);

describe("results that are too large for a record", () => {
  /** A worker whose bucket is a map; `refuse` fails the next calls. */
  function setUp(claim = 1) {
    const doubles = createDoubles();
    const { effects, clock, records, runner, calls } = doubles;
    const objects = new Map<string, string>();
    const refusals: Error[] = [];
    const folder = path.join(mkdtempSync(path.join(tmpdir(), "results-")), "results");
    const client = {
      send: async ({ input }: PutObjectCommand) => {
        calls.push(`put ${input.Key}`);
        const content = await (input.Body as unknown as { toArray(): Promise<Buffer[]> }).toArray();
        const refusal = refusals.shift();
        if (refusal) throw refusal;
        objects.set(input.Key!, Buffer.concat(content).toString());
      },
    } as unknown as S3Client;
    const { log, random } = effects;
    const options = { bucket: "values", type: "echo", newFolder: () => folder, clock, random, log };
    const largeValues = new S3LargeValues(options, client);
    const processor = new MessageProcessor({ ...effects, largeValues });
    let last: LastWords | undefined;
    const { succeed } = records;
    records.succeed = (hold, result, ...[, words]: unknown[]) => ((last = words!), succeed(hold, result));
    records.claims.push(started(claim));
    return {
      ...{ ...doubles, objects, refusals, folder },
      last: () => last,
      /** The job runs, and ends with a result in a file. */
      end: async (): Promise<ResultFile> => {
        const file = { path: path.join(folder, "result"), bytes: 9, sha256 };
        const done = processor.process(message({ receivedAt: clock.now(), job: envelope() }));
        await settled();
        expect(runner.runs[0]!.events.resultFolder).to.equal(folder);
        mkdirSync(folder);
        writeFileSync(file.path, '"a large"');
        runner.runs[0]!.end({ kind: "succeeded", result: undefined, file });
        while (existsSync(folder)) {
          await new Promise(setImmediate);
          await clock.advance(1_000);
        }
        await done;
        return file;
      },
    };
  }

  it("are in S3 before the record says so, under their claim, and the file is removed", async () => {
    const { end, calls, objects, last, folder } = setUp(7);
    await end();
    const key = "d42/results/echo/job-1/7";
    const ofResult = calls.filter((call) => /^(put|succeed|remove)/.test(call));
    expect(ofResult).to.deep.equal([`put ${key}`, "succeed #7", ofResult[2]]);
    expect(objects.get(key)).to.equal('"a large"');
    expect(last()).to.deep.equal({ resultRef: { bytes: 9, sha256, claim: 7 } });
    expect(existsSync(folder)).to.equal(false);
  });

  it("wait for S3 while it is away, with the message hidden and the lease held", async () => {
    const { end, calls, refusals, last, objects } = setUp();
    const away = Object.assign(new Error("Reduce your rate"), { name: "SlowDown" });
    refusals.push(...Array<Error>(14).fill(away));
    await end();
    expect(calls.filter((call) => call.startsWith("put"))).to.have.length(15);
    expect(calls.filter((call) => call.startsWith("extend"))).to.have.length.above(2);
    expect(last()).to.have.nested.property("resultRef.claim", 1);
    expect(objects.size).to.equal(1);
  });

  it("are left out if S3 refuses them for good: the job is done", async () => {
    const { end, refusals, last, calls } = setUp();
    const refusal = Object.assign(new Error("no"), { name: "InvalidRequest", $metadata: { httpStatusCode: 400 } });
    refusals.push(...Array<Error>(20).fill(refusal));
    await end();
    expect(calls).to.include("succeed #1");
    const reason = "It could not be stored in S3: InvalidRequest: no";
    expect(last()).to.deep.equal({ resultOmitted: { bytes: 9, sha256, reason } });
  });

  it("of an attempt that lost its job overwrite no other's", async () => {
    const [first, second] = [setUp(1), setUp(2)];
    first.records.states.push(...Array<"lost">(200).fill("lost"));
    const file = await first.end();
    await second.end();
    expect([...first.objects.keys(), ...second.objects.keys()]).to.deep.equal([
      "d42/results/echo/job-1/1",
      "d42/results/echo/job-1/2",
    ]);
    expect(first.log.events()).to.include("job-lease-lost");
    expect(() => readFileSync(file.path)).to.throw("ENOENT");
  });
});
