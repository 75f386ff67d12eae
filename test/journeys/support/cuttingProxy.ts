import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy before a server, which cuts connections at moments that the seed decides. */
export interface CuttingProxy {
  url: string;
  /** Connections that it cut: with a request half way, with an answer due, and with an answer half way. */
  cuts: { request: number; wait: number; answer: number };
  close(): Promise<void>;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The server answers to its own name alone. Ports are of one length, so lengths stay. */
function addressedTo({ port }: URL, piece: Buffer): Buffer {
  return Buffer.from(piece.toString("latin1").replace(/^(host: 127\.0\.0\.1:)\d+/im, `$1${port}`), "latin1");
}

/** Of the pieces that pass, the share that ends their connection in each of the three ways. */
const share = { request: 0.06, wait: 0.06, answer: 0.06 };

export async function startCuttingProxy(target: URL, seed: number): Promise<CuttingProxy> {
  const random = randomOf(seed);
  const cuts: CuttingProxy["cuts"] = { request: 0, wait: 0, answer: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const cut = (how: keyof typeof cuts) => {
      cuts[how]++;
      client.resetAndDestroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.on("close", () => upstream.end());
    upstream.on("close", () => client.destroy());
    client.on("data", (sent) => {
      const piece = addressedTo(target, sent);
      const draw = random();
      if (draw < share.request) {
        upstream.write(piece.subarray(0, piece.length / 2));
        cut("request");
      } else {
        upstream.write(piece);
        // The server has the whole request, and nobody will hear its answer.
        if (draw < share.request + share.wait) cut("wait");
      }
    });
    upstream.on("data", (piece) => {
      if (client.destroyed) return;
      if (random() >= share.answer) return void client.write(piece);
      client.write(piece.subarray(0, piece.length / 2), () => cut("answer"));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    cuts,
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, "close");
    },
  };
}
