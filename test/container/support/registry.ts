import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { run } from "./engine";

/** A TLS server on this machine, by a certificate that only those trust who were given it. */
export interface TlsServer {
  address: string;
  /** File of the certificate. */
  certificate: string;
  /** Paths asked for. */
  requests: string[];
  stop(): Promise<void>;
}

export async function certify(folder: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(folder, "ca.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const keys = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate];
  await run("openssl", ["req", "-x509", ...keys, ...subject]);
  return { certificate, key };
}

/**
 * A private registry of packages, as a company has it: it asks for a token, and hands on what it is asked for to the
 * registry that this machine uses.
 */
export async function serveRegistry(folder: string, token: string): Promise<TlsServer> {
  const { certificate, key } = await certify(folder);
  const upstream = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
  const requests: string[] = [];
  const server = createServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    ({ url, headers }, response) => {
      if (headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
      requests.push(url!);
      const accept = headers.accept ?? "*/*";
      fetch(new URL(url!.slice(1), upstream), { headers: { accept } })
        .then(async (answer) => {
          const type = answer.headers.get("content-type") ?? "application/octet-stream";
          response.writeHead(answer.status, { "content-type": type });
          response.end(Buffer.from(await answer.arrayBuffer()));
        })
        .catch((error: Error) => response.writeHead(502).end(error.message));
    },
  );
  return { certificate, requests, ...(await listen(server)) };
}

/** Answers every request with the text. */
export async function serveText(folder: string, text: string): Promise<TlsServer> {
  const { certificate, key } = await certify(folder);
  const requests: string[] = [];
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, ({ url }, response) => {
    requests.push(url!);
    response.end(text);
  });
  return { certificate, requests, ...(await listen(server)) };
}

async function listen(server: Server): Promise<Pick<TlsServer, "address" | "stop">> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { address: `https://127.0.0.1:${port}/`, stop };
}
