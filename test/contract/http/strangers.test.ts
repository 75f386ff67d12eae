import { expect } from "chai";
import { listen, type Listener } from "../../../contract/http/listen";
import { rawBytes, rawCall } from "../../local-cloud/rawCalls";

describe("listeners on this machine", () => {
  let listener: Listener;
  let answered = 0;
  before(async () => {
    listener = await listen((_message, response) => response.end(`answer ${++answered}`), 0, "a test");
  });
  beforeEach(() => (answered = 0));
  after(() => listener.close());

  const own = () => [`127.0.0.1:${listener.port}`, `localhost:${listener.port}`, `LocalHost:${listener.port}`];

  it("answer what is sent to a name of their own, and by their own pages", async () => {
    for (const host of own()) {
      expect((await rawCall(listener.address, { headers: { host } })).status, host).to.equal(200);
      const headers = { host, origin: `http://localhost:${listener.port}`, "sec-fetch-site": "same-origin" };
      expect((await rawCall(listener.address, { headers })).status, host).to.equal(200);
    }
    const typed = { "sec-fetch-site": "none" };
    expect((await rawCall(listener.address, { method: "GET", headers: typed })).status).to.equal(200);
    expect((await fetch(listener.address, { method: "POST", body: "x" })).status).to.equal(200);
  });

  const foreignHosts = () => [
    ...["evil.example", `evil.example:${listener.port}`, "127.0.0.1", "localhost", `127.0.0.1:${listener.port + 1}`],
    ...[`127.0.0.1:${listener.port}.evil.example`, `localhost.:${listener.port}`, `evil.localhost:${listener.port}`],
    ...[`127.0.0.2:${listener.port}`, `2130706433:${listener.port}`, `user@127.0.0.1:${listener.port}`, "[::1]"],
  ];

  it("refuse what is sent to another name", async () => {
    for (const host of foreignHosts()) {
      const { status, text } = await rawCall(listener.address, { headers: { host } });
      expect(status, host).to.equal(403);
      expect(text).to.include("Expected the header Host as 127.0.0.1:");
    }
    expect(answered).to.equal(0);
  });

  it("refuse pages of another origin, with no header that lets a page read the answer", async () => {
    const origins = ["http://evil.example", "null", "", "https://127.0.0.1", "http://127.0.0.1", "file://"];
    const next = [`http://localhost:${listener.port + 1}`, `https://localhost:${listener.port}`];
    for (const origin of [...origins, ...next]) {
      for (const method of ["OPTIONS", "POST", "GET"]) {
        const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "x-amz-target" };
        const { status, headers } = await rawCall(listener.address, { method, headers: { origin, ...preflight } });
        expect(status, `${method} of ${origin}`).to.equal(403);
        expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).to.deep.equal([]);
      }
    }
    for (const site of ["cross-site", "same-site", "anything"]) {
      const headers = { "sec-fetch-site": site };
      expect((await rawCall(listener.address, { method: "GET", headers })).status, site).to.equal(403);
    }
    expect(answered).to.equal(0);
  });

  it("refuse requests that name a host twice, once more in their target, or not at all", async () => {
    const [host] = own();
    const end = "connection: close\r\n\r\n";
    for (const text of [
      `GET / HTTP/1.1\r\nhost: ${host}\r\nhost: evil.example\r\n${end}`,
      `GET / HTTP/1.1\r\nhost: evil.example\r\nhost: ${host}\r\n${end}`,
      `GET http://evil.example/ HTTP/1.1\r\nhost: ${host}\r\n${end}`,
      `GET / HTTP/1.0\r\n${end}`,
      `GET / HTTP/1.1\r\nhost: ${host}\r\norigin: http://${host}\r\norigin: http://evil.example\r\n${end}`,
    ]) {
      expect(await rawBytes(listener.address, text), text).to.match(/^HTTP\/1\.1 403 /);
    }
    expect(await rawBytes(listener.address, `GET / HTTP/1.1\r\n${end}`)).to.match(/^HTTP\/1\.1 400 /);
    expect(answered).to.equal(0);
  });

  it("answer a stranger's long body before it has come", async () => {
    const start = `POST / HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 1000000000\r\n\r\n`;
    expect(await rawBytes(listener.address, start + "x".repeat(10_000), 1)).to.match(/^HTTP\/1\.1 403 /);
  });
});
