import type { IncomingMessage } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect } from "chai";
import fc from "fast-check";
import { Unproven } from "../../../../local-cloud/wire/signatures/problems";
import { sha256 } from "../../../../local-cloud/wire/signatures/recompute";
import { Signatures } from "../../../../local-cloud/wire/signatures/signatures";
import { targetOf } from "../../../../local-cloud/wire/signatures/target";

/** Of the examples in the "Amazon S3 API Reference". */
const example = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const exampleTime = Date.UTC(2_013, 4, 24);

interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
}

/** A request by the owner of `credentials`, at the given time. Resolves to the body, or to the kind of refusal. */
async function judge(sent: Sent, now: number, credentials: { sessionToken?: string } & typeof example = example) {
  const issued = { caller: { name: "somebody" }, credentials };
  const issuedTo = (id: string) => (id === credentials.accessKeyId ? issued : undefined);
  const signatures = new Signatures({ issuedTo }, () => now);
  const headersDistinct = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name, [value]]));
  const message = { ...sent, headersDistinct } as unknown as IncomingMessage;
  const target = targetOf(message);
  try {
    return await signatures.prove(
      signatures.claimantOf(message, target),
      message,
      target,
      sent.body ?? Buffer.alloc(0),
    );
  } catch (error) {
    if (error instanceof Unproven) return error.kind;
    throw error;
  }
}

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk". */
const getObject: Sent = {
  method: "GET",
  url: "/test.txt",
  headers: {
    host: "examplebucket.s3.amazonaws.com",
    range: "bytes=0-9",
    "x-amz-content-sha256": emptyHash,
    "x-amz-date": "20130524T000000Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
};

/** "Authenticating Requests: Using Query Parameters". */
const presigned: Sent = {
  method: "GET",
  url: "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  headers: { host: "examplebucket.s3.amazonaws.com" },
};

/** "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks". */
function putInChunks(byte = "a"): Sent {
  const chunk = (size: number, signature: string) =>
    `${size.toString(16)};chunk-signature=${signature}\r\n${byte.repeat(size)}\r\n`;
  const body = [
    chunk(65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    chunk(1_024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
  ];
  return {
    method: "PUT",
    url: "/examplebucket/chunkObject.txt",
    headers: {
      host: "s3.amazonaws.com",
      "x-amz-date": "20130524T000000Z",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
      "content-length": "66824",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    },
    body: Buffer.from(body.join("")),
  };
}

describe("signatures of AWS's own examples", () => {
  it("prove a GET, a URL that was signed beforehand, and a body in signed chunks", async () => {
    expect(await judge(getObject, exampleTime)).to.deep.equal(Buffer.alloc(0));
    expect(await judge(presigned, exampleTime + 86_000_000)).to.deep.equal(Buffer.alloc(0));
    expect(String(await judge(putInChunks(), exampleTime))).to.equal("a".repeat(66_560));
  });

  it("prove nothing once a part of the request is another", async () => {
    const headers = (more: Record<string, string>) => ({ ...getObject, headers: { ...getObject.headers, ...more } });
    for (const [sent, kind] of [
      [{ ...getObject, method: "DELETE" }, "mismatch"],
      [{ ...getObject, url: "/test.txt?versionId=1" }, "mismatch"],
      [{ ...getObject, url: "/other.txt" }, "mismatch"],
      [headers({ range: "bytes=0-99" }), "mismatch"],
      [headers({ host: "127.0.0.1" }), "mismatch"],
      [headers({ "x-amz-date": "20130524T000001Z" }), "mismatch"],
      [{ ...getObject, body: Buffer.from("x") }, "body"],
      [{ ...presigned, url: presigned.url.replace("86400", "86401") }, "mismatch"],
      [{ ...presigned, url: `${presigned.url}&more=1` }, "mismatch"],
      [putInChunks("b"), "mismatch"],
      [{ ...putInChunks(), body: Buffer.from("not in chunks") }, "body"],
      [{ ...putInChunks(), body: putInChunks().body!.subarray(0, 66_000) }, "body"],
    ] as [Sent, string][]) {
      expect(await judge(sent, exampleTime), sent.url).to.equal(kind);
    }
  });

  it("hold for 15 minutes in both directions, and beforehand for as long as the URL says", async () => {
    const minutes = (count: number) => exampleTime + count * 60_000;
    for (const now of [minutes(-15), minutes(15)]) expect(await judge(getObject, now)).to.be.instanceOf(Buffer);
    for (const now of [minutes(-15) - 1, minutes(15) + 1]) expect(await judge(getObject, now)).to.equal("tooOld");
    expect(await judge(presigned, exampleTime + 86_400_001)).to.equal("tooOld");
    expect(await judge(presigned, minutes(-16))).to.equal("tooOld");
  });

  it("are refused if the key is unknown, or its session's token is another", async () => {
    const other = { ...example, accessKeyId: "AKIAOTHER" };
    expect(await judge(getObject, exampleTime, other)).to.equal("unknownKey");
    expect(await judge(getObject, exampleTime, { ...example, sessionToken: "token" })).to.equal("unknownKey");
    const withToken = { ...getObject, headers: { ...getObject.headers, "x-amz-security-token": "token" } };
    expect(await judge(withToken, exampleTime)).to.equal("unknownKey");
  });

  it("must have all their parts", async () => {
    const authorization = getObject.headers.authorization!;
    const broken = [
      ...["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 Credential=x", "AWS4-"],
      ...["Credential", "SignedHeaders", "Signature"].map((part) => authorization.replace(part, "X")),
      ...["AKIA", "a/b/c/d", "a/b/c/d/e", "/20130524/us-east-1/s3/aws4_request"].map((text) =>
        authorization.replace(/Credential=[^,]*/, `Credential=${text}`),
      ),
      authorization.replace("host;", ""),
    ];
    for (const text of broken) {
      const sent = { ...getObject, headers: { ...getObject.headers, authorization: text } };
      expect(await judge(sent, exampleTime), text).to.equal("malformed");
    }
    for (const date of ["", "today", "2013-05-24T00:00:00Z", "20139924T000000Z"]) {
      const sent = { ...getObject, headers: { ...getObject.headers, "x-amz-date": date } };
      expect(await judge(sent, exampleTime), date).to.equal("malformed");
    }
    for (const [part, other] of [
      ["X-Amz-Expires=86400", "X-Amz-Expires=604801"],
      ["X-Amz-Expires=86400", "X-Amz-Expires=-1"],
      ["X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="],
      ["X-Amz-Date=20130524T000000Z", ""],
      ["X-Amz-Date=20130524T000000Z", "X-Amz-Date=20130524T000000Z&X-Amz-Date=20130524T000000Z"],
    ] as const) {
      expect(await judge({ ...presigned, url: presigned.url.replace(part, other) }, exampleTime), other).to.equal(
        "malformed",
      );
    }
    const both = { ...presigned, headers: getObject.headers };
    expect(await judge(both, exampleTime)).to.equal("malformed");
    for (const headers of [{ host: "x" }, { host: "x", authorization: "Bearer x" }] as Record<string, string>[]) {
      expect(await judge({ method: "GET", url: "/", headers }, exampleTime)).to.equal("missing");
    }
  });
});

describe("signatures of the SDK's signer", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).map((word) => `x-amz-meta-${word}`);
  const value = fc.stringMatching(/^[!-~]( ?[!-~]){0,9}$/);
  const request = fc.record({
    service: fc.constantFrom("s3", "sqs", "dynamodb", "lambda"),
    method: fc.constantFrom("GET", "POST", "PUT"),
    parts: fc.array(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((part) => !/^\.+$/.test(part)),
      {
        maxLength: 3,
      },
    ),
    query: fc.dictionary(
      text.filter((key) => key !== "" && key !== "__proto__"),
      text,
      { maxKeys: 3 },
    ),
    headers: fc.dictionary(name, value, { maxKeys: 3 }),
    body: fc.string({ maxLength: 20 }),
    sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,20}$/), { nil: undefined }),
  });

  async function sign({ service, method, parts, query, headers, body, sessionToken }: RequestOf<typeof request>) {
    const credentials = { ...example, ...(sessionToken !== undefined && { sessionToken }) };
    const escape = (part: string) =>
      encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    const path = `/${parts.map(escape).join("/")}`;
    const isS3 = service === "s3";
    const signer = new SignatureV4({
      service,
      region: "eu-west-1",
      credentials,
      sha256,
      uriEscapePath: !isS3,
      applyChecksum: isS3,
    });
    const unsigned = {
      method,
      protocol: "http:",
      hostname: "h",
      path,
      query,
      headers: { ...headers, host: "h" },
      body,
    };
    const signed = await signer.sign(unsigned, { signingDate: new Date(exampleTime) });
    const search = Object.entries(query).map(([key, each]) => `${escape(key)}=${escape(each)}`);
    const url = search.length > 0 ? `${path}?${search.join("&")}` : path;
    return { sent: { method, url, headers: signed.headers, body: Buffer.from(body) }, credentials };
  }

  it("prove every request, and no other than it", async () => {
    await fc.assert(
      fc.asyncProperty(request, async (plan) => {
        const { sent, credentials } = await sign(plan);
        expect(await judge(sent, exampleTime, credentials)).to.deep.equal(sent.body);
        const others: Sent[] = [
          { ...sent, method: "PATCH" },
          { ...sent, url: `/a${sent.url}` },
          { ...sent, url: `${sent.url}${sent.url.includes("?") ? "&" : "?"}a=b` },
          { ...sent, body: Buffer.from(`${plan.body} `) },
          ...Object.keys(plan.headers).map((header) => ({ ...sent, headers: { ...sent.headers, [header]: "other" } })),
        ];
        for (const other of others)
          expect(["mismatch", "body"]).to.include(await judge(other, exampleTime, credentials));
      }),
      { numRuns: 150 },
    );
  });
});

type RequestOf<A> = A extends fc.Arbitrary<infer T> ? T : never;
