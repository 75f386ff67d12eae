import * as pulumi from "@pulumi/pulumi";
import { ComponentPlugin } from "./ComponentPlugin";

/**
 * What Pulumi's Node.js host runs for a program in another language: it loads the package's folder, whose `main` this is,
 * and calls what that exports. Programs in JavaScript load the package by name, which `exports` leads to the components.
 */
export = () => pulumi.provider.main(new ComponentPlugin(), process.argv.slice(2));
