import { createHash, randomBytes } from "node:crypto";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import sharp from "sharp";
import { Handler, JobContext } from "../../../worker-image/src/handler";
import { WordCounter } from "../../../worker-image/src/inputs/wordCounter";
import checksum, { ChecksumResult } from "../../../worker-image/src/processors/checksum";
import thumbnail, { ThumbnailResult } from "../../../worker-image/src/processors/thumbnail";
import wordCount, { WordCountResult } from "../../../worker-image/src/processors/word-count";
import { credentials, region, startSqsAndS3 } from "../support/aws";

describe("The built-in handlers", () => {
  let server: Awaited<ReturnType<typeof startSqsAndS3>>;
  let s3: S3Client;
  const saved = { ...process.env };
  const progress: number[] = [];

  before(async () => {
    server = await startSqsAndS3();
    s3 = new S3Client({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "data" }));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
  });
  after(async () => {
    process.env = saved;
    s3.destroy();
    await server.close();
  });
  beforeEach(() => void (progress.length = 0));

  const context: JobContext = {
    attempt: 1,
    directory: "/nowhere",
    giveBack() {
      throw new Error("given back");
    },
    signal: new AbortController().signal,
    progress: (fraction) => void progress.push(fraction),
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  };

  async function run<Result>(handler: Handler, payload: unknown): Promise<Result> {
    const job = { id: "job-1", type: "test", payload, attempt: 1, submittedAt: "2026-01-01T00:00:00.000Z" };
    return (await handler(job, context)) as Result;
  }

  /** The message of the permanent error that the payload leads to. */
  async function refusalOf(handler: Handler, payload: unknown): Promise<string> {
    try {
      await run(handler, payload);
    } catch (error) {
      expect(error, String(error)).to.include({ permanent: true });
      return (error as Error).message;
    }
    throw new Error("Expected a failure");
  }

  async function put(key: string, body: Uint8Array | string): Promise<string> {
    await s3.send(new PutObjectCommand({ Bucket: "data", Key: key, Body: body }));
    return `s3://data/${key}`;
  }

  async function get(url: string): Promise<Buffer> {
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: "data", Key: url.slice("s3://data/".length) }));
    return Buffer.from(await body!.transformToByteArray());
  }

  describe("checksum", () => {
    it("hashes texts and objects, and reports progress", async () => {
      const body = randomBytes(3_000_000);
      const sha256 = createHash("sha256").update(body).digest("hex");
      const result = await run<ChecksumResult>(checksum, { input: await put("random", body) });
      expect(result).to.deep.equal({ sha256, bytes: 3_000_000 });
      expect(progress.at(-1)).to.equal(1);
      expect(await run(checksum, { text: "é" })).to.deep.equal({
        sha256: createHash("sha256").update("é").digest("hex"),
        bytes: 2,
      });
      expect(await run(checksum, { input: await put("empty", new Uint8Array()) })).to.include({ bytes: 0 });
    });

    it("refuses wrong payloads and missing objects for good, in words", async () => {
      const either = "Expected a payload with either `text` or `input`, got ";
      expect(await refusalOf(checksum, null)).to.equal(`${either}null`);
      expect(await refusalOf(checksum, { txet: "" })).to.equal(`${either}an object with txet`);
      expect(await refusalOf(checksum, { text: "", input: "" })).to.equal(`${either}an object with text, input`);
      expect(await refusalOf(checksum, { text: 7 })).to.equal("Expected `text` as a text, got number 7");
      for (const input of [7, "", "data/x", "s3://data", "s3://data/", "https://data/x"]) {
        expect(await refusalOf(checksum, { input })).to.include("Expected `input` as s3://bucket/key, got ");
      }
      expect(await refusalOf(checksum, { input: "s3://data/none" })).to.equal("There is no object: s3://data/none");
      expect(await refusalOf(checksum, { input: "s3://none/x" })).to.equal("There is no bucket: s3://none/x");
    });

    it("lets what may pass be tried again", async () => {
      const aborted = { ...context, signal: AbortSignal.abort() };
      const job = { id: "x", type: "t", payload: { input: "s3://data/random" }, attempt: 1, submittedAt: "" };
      const error = await Promise.resolve(checksum(job, aborted)).catch((thrown: unknown) => thrown);
      expect(error).to.be.an("error").and.not.have.property("permanent");
    });
  });

  describe("word-count", () => {
    it("counts words, lines, characters and the most frequent words of any script", async () => {
      const text = "Der Bär, der BÄR!\r\nL’été n'est pas l’été\nпривет 日本 x-y 👍🏽";
      expect(await run<WordCountResult>(wordCount, { text })).to.deep.equal({
        words: 11,
        lines: 3,
        characters: [...text].length,
        top: [
          { word: "bär", count: 2 },
          { word: "der", count: 2 },
          { word: "l’été", count: 2 },
          { word: "n'est", count: 1 },
          { word: "pas", count: 1 },
          { word: "x-y", count: 1 },
          { word: "привет", count: 1 },
          { word: "日本", count: 1 },
        ],
      });
      expect(await run(wordCount, { text: "" })).to.deep.equal({ words: 0, lines: 0, characters: 0, top: [] });
    });

    it("counts an object larger than any chunk as it counts a text", async () => {
      const text = "naïve 👍 words\nhere and there ".repeat(20_000);
      const result = await run<WordCountResult>(wordCount, { input: await put("text", text) });
      expect(result).to.include({ words: 100_000, lines: 20_001, characters: [...text].length });
      expect(result.top).to.have.length(5);
      expect(progress.at(-1)).to.equal(1);
    });

    it("counts the same however the text is cut, and holds no endless word in memory", () => {
      const text = "one two-three\nfour  five's\n\n six";
      const whole = new WordCounter();
      whole.add(text);
      const cut = new WordCounter();
      for (const character of text) cut.add(character);
      expect(cut.finish(9)).to.deep.equal(whole.finish(9));
      const endless = new WordCounter();
      for (let chunk = 0; chunk < 50; chunk++) endless.add("x".repeat(10_000));
      expect(endless.finish(1)).to.include({ characters: 500_000, lines: 1 });
    });
  });

  describe("thumbnail", () => {
    const picture = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: "#336699" } });

    it("shrinks, keeps the format, and puts the copy under thumbnails/", async () => {
      const input = await put("photos/sea.JPG", await picture(800, 400).jpeg().toBuffer());
      const result = await run<ThumbnailResult>(thumbnail, { input, width: 200 });
      const copy = await get(result.output);
      expect(result).to.deep.equal({
        width: 200,
        height: 100,
        bytes: copy.length,
        output: "s3://data/thumbnails/photos/sea-200.JPG",
      });
      expect(await sharp(copy).metadata()).to.include({ format: "jpeg", width: 200, height: 100 });
    });

    it("takes the format of `output`, and the picture's own where its name is wrong", async () => {
      const input = await put("sea.txt", await picture(80, 40).png().toBuffer());
      for (const extension of ["webp", "avif", "jpeg", "gif", "tiff"]) {
        const output = `s3://data/out/x.${extension}`;
        expect(await run(thumbnail, { input, width: 20, output })).to.include({ output, width: 20, height: 10 });
        expect((await sharp(await get(output)).metadata()).format).to.equal(extension === "avif" ? "heif" : extension);
      }
      expect(await run(thumbnail, { input, width: 20 })).to.include({ output: "s3://data/thumbnails/sea-20.png" });
    });

    it("turns pictures upright and never enlarges them", async () => {
      const turned = await picture(80, 40).jpeg().withMetadata({ orientation: 6 }).toBuffer();
      const input = await put("turned.jpg", turned);
      expect(await run(thumbnail, { input, width: 4096 })).to.include({ width: 40, height: 80 });
    });

    it("refuses for good what it can't do, in words", async () => {
      const input = await put("no-picture", "certainly not");
      for (const width of [0, 4097, 1.5, "200", undefined]) {
        expect(await refusalOf(thumbnail, { input, width })).to.include(
          "Expected `width` as a whole number from 1 to 4096",
        );
      }
      expect(await refusalOf(thumbnail, "x")).to.include('got "x"');
      expect(await refusalOf(thumbnail, { input, width: 9 })).to.include("s3://data/no-picture is no picture");
      expect(await refusalOf(thumbnail, { input, width: 9, output: "s3://data/x.bmp" })).to.include("extensions .jpg");
      const bomb = await put("bomb.png", await picture(12_000, 9_000).png().toBuffer());
      expect(await refusalOf(thumbnail, { input: bomb, width: 9 })).to.include("pixel limit");
    });
  });
});
