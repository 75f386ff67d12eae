import * as pulumi from "@pulumi/pulumi";
import { ComponentPlugin } from "./ComponentPlugin";

/**
 * Entry point for Pulumi's Node.js host, which runs it for a program in another language: it loads the package's
 * folder, whose `main` this is, and calls the export. Programs in JavaScript load the package by name, which `exports`
 * maps to the components.
 */
export = () => pulumi.provider.main(new ComponentPlugin(), process.argv.slice(2));
