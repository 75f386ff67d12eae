import type { FunctionError, Invocation } from "./lambdaProcess";

type Handler = (event: unknown, context: unknown, callback: (error: Error | null, value?: unknown) => void) => unknown;

/**
 * Main function of a function's process, which takes one invocation at a time over IPC and ends when the parent is
 * gone. Its text is written beside the function's code and run there, so it captures nothing.
 */
export function bootstrap(): void {
  const { createRequire } = process.getBuiltinModule("node:module");
  const util = process.getBuiltinModule("node:util");
  const { _HANDLER: name = "", AWS_LAMBDA_LOG_FORMAT: format } = process.env;
  let requestId: string | undefined;

  // As in Lambda ("Log and monitor Node.js Lambda functions"): what is written to the streams directly stays as it is.
  for (const [method, level] of Object.entries({
    debug: "DEBUG",
    log: "INFO",
    info: "INFO",
    warn: "WARN",
    error: "ERROR",
  })) {
    const stream = level === "ERROR" || level === "WARN" ? process.stderr : process.stdout;
    console[method as "log"] = (...values: unknown[]) => {
      const [timestamp, message] = [new Date().toISOString(), util.format(...values)];
      const line =
        format === "JSON"
          ? JSON.stringify({ timestamp, level, requestId, message })
          : [timestamp, requestId, level, message].join("\t");
      stream.write(`${line}\n`);
    };
  }

  function described(error: unknown): FunctionError {
    if (typeof error !== "object" || error === null || !("message" in error)) {
      return { errorType: typeof error, errorMessage: String(error), trace: [] };
    }
    const { name = "Error", message, stack = "" } = error as Error;
    return { errorType: String(name), errorMessage: String(message), trace: String(stack).split("\n") };
  }

  function load(): Handler {
    const [file, property] = name.split(/\.(?=[^.]*$)/) as [string, string];
    const fromCode = createRequire(`${process.env.LAMBDA_TASK_ROOT}/`);
    const handler = (fromCode(`./${file}`) as Record<string, Handler>)[property];
    if (typeof handler === "function") return handler;
    throw Object.assign(new Error(`${name} is undefined or not exported`), {
      name: "Runtime.HandlerNotFound",
      stack: "",
    });
  }

  const run = (handler: Handler, { payload, functionArn, deadline }: Invocation & { deadline: number }) =>
    new Promise<unknown>((resolve, reject) => {
      const context = {
        functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
        functionVersion: "$LATEST",
        memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
        logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
        invokedFunctionArn: functionArn,
        awsRequestId: requestId,
        callbackWaitsForEmptyEventLoop: true,
        getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
      };
      const callback = (error: Error | null, value?: unknown) => (error ? reject(error) : resolve(value));
      const result = handler(JSON.parse(payload), context, callback);
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") resolve(result);
      else if (handler.length < 3) resolve(result);
    });

  let handler: Handler | undefined;
  let initError: FunctionError | undefined;
  try {
    handler = load();
  } catch (error) {
    initError = described(error);
  }
  process.on("disconnect", () => process.exit(0));
  const answerTo = async (message: Invocation & { deadline: number }) => {
    ({ requestId } = message);
    let answer;
    try {
      if (!initError) answer = { payload: JSON.stringify((await run(handler!, message)) ?? null) ?? "null" };
    } catch (error) {
      answer = { error: described(error) };
    }
    answer ??= { error: initError! };
    if (answer.error) console.error("Invoke Error", JSON.stringify(answer.error));
    process.send!({ requestId, ...answer });
  };
  process.on("message", (message: Invocation & { deadline: number }) => void answerTo(message));
  process.send!({ ready: true });
}
