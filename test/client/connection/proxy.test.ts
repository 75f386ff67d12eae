import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect } from "chai";
import { loadSqs } from "../../../client/deadLetters/sqs";
import { JobClient } from "../../../client/index";
import { rejection } from "../../local-cloud/support";
import { withEnvironment } from "../environment";
import { type CannedApi, startCannedApi } from "../support";

describe("a proxy that the environment names", () => {
  let api: CannedApi;
  let proxy: Server;
  let address: string;
  const asked: string[] = [];
  const sockets = new Set<Socket>();

  before(async () => {
    api = await startCannedApi(() => ({ body: { types: [] } }));
    const { port } = new URL(api.url);
    proxy = createServer((_request, response) => response.writeHead(405).end());
    // Whatever is asked for, the API of the test answers.
    proxy.on("connect", (request, socket: Socket) => {
      asked.push(request.url!);
      const target = connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      for (const each of [socket, target]) sockets.add(each.on("error", () => each.destroy()));
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  beforeEach(() => (asked.length = 0));

  after(async () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
    await api.close();
  });

  const unset = Object.fromEntries(
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"].map((name) => [name, undefined]),
  );
  const types = (url: string, variables: Record<string, string>) =>
    withEnvironment({ ...unset, ...variables }, () =>
      new JobClient({ url, authorization: "none", maxAttempts: 1 }).types(),
    );

  it("is taken, for http and for https", async () => {
    for (const name of ["HTTP_PROXY", "http_proxy"]) {
      expect(await types("http://jobs.example/", { [name]: address })).to.deep.equal([]);
    }
    for (const name of ["HTTPS_PROXY", "https_proxy"]) {
      await rejection(types("https://abc123.execute-api.eu-west-1.amazonaws.com/", { [name]: address }));
    }
    expect([...new Set(asked)]).to.deep.equal(["jobs.example:80", "abc123.execute-api.eu-west-1.amazonaws.com:443"]);
  });

  it("is left out for hosts that NO_PROXY names, and always for this machine", async () => {
    await rejection(types("http://jobs.invalid/", { HTTP_PROXY: address, NO_PROXY: "jobs.invalid" }));
    expect(await types(api.url, { HTTP_PROXY: address })).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
  });

  it("is taken for SQS", async () => {
    await withEnvironment({ ...unset, HTTPS_PROXY: address }, async () => {
      const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
      const queueUrl = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead";
      const { client, PurgeQueueCommand } = await loadSqs(queueUrl, new URL("https://jobs.example/"), credentials);
      client.config.maxAttempts = () => Promise.resolve(1);
      await rejection(client.send(new PurgeQueueCommand({ QueueUrl: queueUrl })));
      client.destroy();
    });
    expect(asked[0]).to.equal("sqs.eu-west-1.amazonaws.com:443");
  });
});
