/**
 * Main module of a function's process: plain JavaScript, written beside the function's code, so that it is the same
 * from sources and from `dist/`. Takes one invocation at a time over IPC, and ends when the parent is gone.
 */
export const lambdaBootstrap = `
process.on("disconnect", () => process.exit(0));
const [file, name] = process.env._HANDLER.split(/\\.(?=[^.]*$)/);
const described = (error) =>
  error instanceof Error || (error && typeof error === "object" && "message" in error)
    ? { errorType: String(error.name ?? "Error"), errorMessage: String(error.message), trace: String(error.stack ?? "").split("\\n") }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
let handler, initError;
try {
  handler = require(require("node:path").join(process.env.LAMBDA_TASK_ROOT, file))[name];
  if (typeof handler !== "function") {
    initError = { errorType: "Runtime.HandlerNotFound", errorMessage: process.env._HANDLER + " is undefined or not exported", trace: [] };
  }
} catch (error) {
  initError = described(error);
}
const contextOf = (message) => ({
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: "$LATEST",
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  invokedFunctionArn: message.functionArn,
  awsRequestId: message.requestId,
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => Math.max(0, message.deadline - Date.now()),
});
const run = (event, context) =>
  new Promise((resolve, reject) => {
    const result = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (result && typeof result.then === "function") result.then(resolve, reject);
    else if (handler.length < 3) resolve(result);
  });
process.on("message", async (message) => {
  let answer;
  try {
    if (initError) throw initError;
    answer = { payload: JSON.stringify((await run(JSON.parse(message.payload), contextOf(message))) ?? null) ?? "null" };
  } catch (error) {
    const failure = error === initError ? initError : described(error);
    console.error("Invoke Error", JSON.stringify({ requestId: message.requestId, ...failure }));
    answer = { error: failure };
  }
  process.send({ requestId: message.requestId, ...answer });
});
process.send({ ready: true });
`;
