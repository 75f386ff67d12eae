#!/usr/bin/env node
import { endWithOutput } from "../output/terminal";
import { reportFailure } from "../reportFailure";
import { createInitProgram } from "./program";

endWithOutput();

createInitProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = reportFailure(error);
  });
