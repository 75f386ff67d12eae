#!/usr/bin/env node
import { runProgram } from "./baseProgram";
import { createProgram } from "./program";

// The SDK's warning about Node 20 concerns this package's maintainers, not the developer.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

runProgram(createProgram());
