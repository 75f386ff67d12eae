#!/usr/bin/env node
import { endWithOutput } from "./output/terminal";
import { createProgram } from "./program";
import { reportFailure } from "./reportFailure";

// The SDK's word on Node 20 is for whoever maintains this package, not for the person at the keyboard.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

endWithOutput();

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = reportFailure(error);
  });
