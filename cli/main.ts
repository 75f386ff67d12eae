#!/usr/bin/env node
import { endWithOutput } from "./output/terminal";
import { createProgram } from "./program";
import { reportFailure } from "./reportFailure";

// The SDK's warning about Node 20 concerns this package's maintainers, not the developer.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

endWithOutput();

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = reportFailure(error);
  });
