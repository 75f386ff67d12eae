#!/usr/bin/env node
import { runProgram } from "../baseProgram";
import { createInitProgram } from "./program";

runProgram(createInitProgram());
