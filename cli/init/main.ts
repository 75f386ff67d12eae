#!/usr/bin/env node
import { createInitProgram } from "./program";
import { endWithOutput } from "../output/terminal";
import { reportFailure } from "../reportFailure";

endWithOutput();

createInitProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = reportFailure(error);
  });
