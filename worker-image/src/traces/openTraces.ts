import { diag, DiagLogLevel, ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type Traces } from "../job/trace";
import { spansOf } from "./spans";

export interface TraceOptions {
  /** Base URL of an OTLP receiver, as in OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string;
  /** Reads the headers of each export; it may reject. */
  headers: () => Promise<Record<string, string>>;
  /** Job type of the worker. */
  type: string;
  workerId: string;
  /** Called if spans could not be exported. */
  onProblem: (reason: string) => void;
}

/** Longest time that a span waits to share an export. */
const scheduledDelayMillis = 2_000;

/** Longest time for one export, its retries included. */
const exportMilliseconds = 10_000;

/** Exports spans by OpenTelemetry's SDK, in batches. It keeps up to 2,048 spans, and drops those beyond. */
export function openTraces(options: TraceOptions): Traces & { close(): Promise<void> } {
  const { endpoint, headers, type, workerId, onProblem } = options;
  const report = (problem: unknown) => {
    const { name = "", message = String(problem), code = "" } = Object(problem) as Record<string, string>;
    onProblem([name, code, message].filter((part) => part !== "").join(": "));
  };
  setGlobalErrorHandler(report);
  const ignore = () => undefined;
  const logger = { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const url = new URL("v1/traces", endpoint.replace(/\/*$/, "/")).href;
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: exportMilliseconds });
  let next = { traceId: "", spanId: "" };
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES of the environment win.
    resource: resourceFromAttributes({ "service.name": type, "service.instance.id": workerId }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis, exportTimeoutMillis: exportMilliseconds }),
    ],
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
  });
  const tracer = provider.getTracer("batch-job-processor");

  return {
    add(ended) {
      const { error } = ended;
      const { traceId, parentId, flags, submitId } = ended.trace;
      const errorText = error && `${error.name}: ${error.message}`;
      for (const { name, spanId, kind, startTime, endTime, attributes } of spansOf(ended)) {
        next = { traceId, spanId };
        const parent = name === "submit" ? parentId : submitId;
        // A submitter that doesn't sample its trace gets no spans of its jobs either.
        const parentContext = { traceId, spanId: parent ?? "", traceFlags: parseInt(flags, 16), isRemote: true };
        const context = trace.setSpanContext(ROOT_CONTEXT, parentContext);
        const span = tracer.startSpan(`${name} ${type}`, { kind, startTime, attributes }, context);
        if (error && name === "attempt") span.setStatus({ code: SpanStatusCode.ERROR, message: errorText });
        span.end(endTime);
      }
    },
    close: () => provider.shutdown().catch(report),
  };
}
