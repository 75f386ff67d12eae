import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: Record<string, unknown>;
  startMs: number;
  endMs: number;
  error: string | undefined;
  service: unknown;
}

export interface SpanReceiver {
  endpoint: string;
  spans: ReceivedSpan[];
  /** Headers of the exports. */
  headers: IncomingHttpHeaders[];
  close(): Promise<void>;
}

interface KeyValue {
  key: string;
  value: { stringValue?: string; intValue?: number };
}

interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: KeyValue[] };
    scopeSpans: {
      spans: (Pick<ReceivedSpan, "traceId" | "spanId" | "parentSpanId" | "name"> & {
        attributes: KeyValue[];
        startTimeUnixNano: string;
        endTimeUnixNano: string;
        status: { code: number; message?: string };
      })[];
    }[];
  }[];
}

/** A receiver of OTLP over HTTP, as JSON. */
export async function receiveSpans(): Promise<SpanReceiver> {
  const spans: ReceivedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const isKnown = request.method === "POST" && request.url === "/v1/traces";
      if (isKnown) {
        headers.push(request.headers);
        spans.push(...spansIn(JSON.parse(Buffer.concat(chunks).toString()) as OtlpTraces));
      }
      response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" }).end("{}");
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function spansIn({ resourceSpans }: OtlpTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name, attributes, startTimeUnixNano, endTimeUnixNano, status }) => ({
        ...{ traceId, spanId, parentSpanId, name, attributes: valuesOf(attributes) },
        ...{ startMs: Number(startTimeUnixNano) / 1e6, endMs: Number(endTimeUnixNano) / 1e6 },
        error: status.code === 2 ? status.message : undefined,
        service: valuesOf(resource.attributes)["service.name"],
      })),
    ),
  );
}

function valuesOf(attributes: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));
}
