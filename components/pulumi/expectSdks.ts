const names = ["@pulumi/pulumi", "@pulumi/aws", "@pulumi/awsx"];

/** Throws an error that names the missing SDKs: a service that uses only the client may have left them out. */
export function expectSdks(resolve: (name: string) => unknown = require.resolve): void {
  const missing = names.filter((name) => {
    try {
      resolve(name);
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return;
  throw new Error(
    `Expected the Pulumi SDKs beside batch-job-processor, found no ${missing.join(" and no ")}: ` +
      "npm install @pulumi/pulumi @pulumi/aws@7 @pulumi/awsx@3; the client alone is batch-job-processor-client",
  );
}

expectSdks();
