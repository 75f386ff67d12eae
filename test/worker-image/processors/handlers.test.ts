import { createHash, randomBytes } from "node:crypto";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import fc from "fast-check";
import sharp from "sharp";
import { type Handler, type JobContext } from "../../../worker-image/src/handlers/handler";
import { thumbnailKey } from "../../../worker-image/src/inputs/thumbnailKey";
import { WordCounter } from "../../../worker-image/src/inputs/wordCounter";
import checksum, { type ChecksumResult } from "../../../worker-image/src/processors/checksum";
import thumbnail, { type ThumbnailResult } from "../../../worker-image/src/processors/thumbnail";
import wordCount, { type WordCountResult } from "../../../worker-image/src/processors/word-count";
import { copyEnvironment, restoreEnvironment } from "../../support/environment";
import { credentials, region, startSqsAndS3 } from "../helpers/aws";

describe("The built-in handlers", () => {
  let server: Awaited<ReturnType<typeof startSqsAndS3>>;
  let s3: S3Client;
  const saved = copyEnvironment();
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
    restoreEnvironment(saved);
    s3.destroy();
    await server.close();
  });
  beforeEach(() => void (progress.length = 0));

  const context: JobContext = {
    attempt: 1,
    traceparent: "",
    directory: "/nowhere",
    giveBack() {
      throw new Error("given back");
    },
    signal: new AbortController().signal,
    progress: (fraction) => void progress.push(fraction),
    checkpoint: () => undefined,
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

    it("lets temporary errors be retried", async () => {
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

    it("counts the same however the text is divided, and keeps no endless word in memory", () => {
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

  it("refuse for good a payload that is no text", async () => {
    const inputs: [string, Buffer][] = [
      ["latin1", Buffer.from("na\u00efve", "latin1")],
      ["utf16", Buffer.from("\ufeffto be or not", "utf16le")],
      ["utf16-without-mark", Buffer.from("to be or not", "utf16le")],
      ["cut", Buffer.from("caf\u00e9").subarray(0, -1)],
      ["binary", randomBytes(10_000)],
      ["late", Buffer.concat([Buffer.from("word ".repeat(100_000)), Buffer.from([0xff])])],
    ];
    for (const [key, body] of inputs) {
      expect(await refusalOf(wordCount, { input: await put(key, body) }), key).to.match(
        /^Expected a text in UTF-8, got /,
      );
    }
    const marked = await put("marked", Buffer.from("\ufeffto be"));
    expect(await run(wordCount, { input: marked })).to.include({ words: 2, characters: 5 });
    for (const handler of [wordCount, checksum]) {
      expect(await refusalOf(handler, { text: "half \ud83d" })).to.equal(
        "Expected `text` as Unicode, got half of a character",
      );
    }
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
      expect(await run(thumbnail, { input, width: 20 })).to.include({ output: "s3://data/thumbnails/sea.txt-20.png" });
    });

    it("gives each picture a thumbnail of its own, whatever the names and formats", async () => {
      const [png, jpeg] = [await picture(40, 30).png().toBuffer(), await picture(40, 30).jpeg().toBuffer()];
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/></svg>';
      const outputs: string[] = [];
      for (const [key, body] of [
        ["c/logo.svg", svg],
        ["c/logo.png", png],
        ["c/logo.svg.png", png],
        ["photo.jpg", png],
        ["photo.png", png],
        ["photo", png],
        ["photo.png.jpg", png],
        ["photo.jpeg", jpeg],
        ["photo.JPG", jpeg],
        ["photo/", jpeg],
      ] as const) {
        outputs.push((await run<ThumbnailResult>(thumbnail, { input: await put(key, body), width: 10 })).output);
      }
      expect(new Set(outputs).size, outputs.join("\n")).to.equal(outputs.length);
      expect(outputs[0]).to.equal("s3://data/thumbnails/c/logo.svg-10.png");
      expect(outputs[1]).to.equal("s3://data/thumbnails/c/logo-10.png");
    });

    it("names no two pictures and widths alike", () => {
      const part = fc.constantFrom(
        "a",
        "b",
        "-",
        ".",
        "/",
        "1",
        "10",
        "png",
        "jpg",
        "thumbnail",
        ".png",
        ".jpg",
        "-1.",
      );
      const key = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
      const extension = fc.constantFrom(".png", ".jpg");
      const named = fc.record({ key, width: fc.constantFrom(1, 10, 110), extension });
      const isOwn = ({ key: name, extension: own }: { key: string; extension: string }) => name.endsWith(own);
      fc.assert(
        fc.property(fc.array(named, { minLength: 2, maxLength: 60 }), (pictures) => {
          const names = new Map<string, string>();
          for (const each of pictures) {
            const name = thumbnailKey(each.key, each.width, { extension: each.extension, isOwn: isOwn(each) });
            const source = `${each.key} ${each.width}`;
            expect(names.get(name) ?? source, name).to.equal(source);
            names.set(name, source);
          }
        }),
        { numRuns: 1_000 },
      );
    });

    it("keeps the frames of a moving picture where its copy can move", async () => {
      const frame = (shade: string) =>
        `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30" fill="${shade}"/></svg>`;
      const frames = await Promise.all(
        ["red", "blue", "green"].map((shade) =>
          sharp(Buffer.from(frame(shade)))
            .png()
            .toBuffer(),
        ),
      );
      const moving = await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer();
      const input = await put("moving.gif", moving);
      for (const [output, pages] of [
        [undefined, 3],
        ["s3://data/out/moving.webp", 3],
        ["s3://data/out/moving.jpg", undefined],
      ] as const) {
        const result = await run<ThumbnailResult>(thumbnail, { input, width: 20, ...(output && { output }) });
        expect(result).to.include({ width: 20, height: 15 });
        expect((await sharp(await get(result.output)).metadata()).pages).to.equal(pages);
      }
    });

    it("takes a picture that its decoder only warns of, and no part of one", async () => {
      const whole = await picture(80, 40).jpeg().toBuffer();
      const marker = whole.lastIndexOf(Buffer.from([0xff, 0xd9]));
      const noisy = Buffer.concat([whole.subarray(0, 2), Buffer.from([0x12, 0x34]), whole.subarray(2)]);
      await expectWarning(noisy);
      expect(await run(thumbnail, { input: await put("noisy.jpg", noisy), width: 20 })).to.include({ width: 20 });
      const cut = await put("cut.jpg", whole.subarray(0, Math.floor(marker / 2)));
      expect(await refusalOf(thumbnail, { input: cut, width: 20 })).to.include(
        "s3://data/cut.jpg is no picture that can be read",
      );
    });

    async function expectWarning(body: Buffer): Promise<void> {
      const strict = await sharp(body, { failOn: "warning" })
        .raw()
        .toBuffer()
        .catch((error: Error) => error);
      expect(strict, "a picture that a strict decoder refuses").to.be.an("error");
    }

    it("blames the copy's format where the picture is fine", async () => {
      const input = await put("tall.png", await picture(10, 17_000).png().toBuffer());
      const refusal = await refusalOf(thumbnail, { input, width: 10, output: "s3://data/out/tall.webp" });
      expect(refusal).to.match(/^The thumbnail of s3:\/\/data\/tall\.png can't be written as webp: .*too large/);
      expect(await refusalOf(thumbnail, { input: await put("folder/", ""), width: 10 })).to.equal(
        "Expected a picture, got an empty object: s3://data/folder/",
      );
    });

    it("turns pictures upright and never enlarges them", async () => {
      const turned = await picture(80, 40).jpeg().withMetadata({ orientation: 6 }).toBuffer();
      const input = await put("turned.jpg", turned);
      expect(await run(thumbnail, { input, width: 4_096 })).to.include({ width: 40, height: 80 });
    });

    it("refuses for good what it can't do, in words", async () => {
      const input = await put("no-picture", "certainly not");
      for (const width of [0, 4_097, 1.5, "200", undefined]) {
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
