import { expect } from "chai";
import { expectSdks } from "../../../components/aws/expectSdks";
import { realFolder } from "../../../components/aws/workerImageFolder";

describe("realFolder", () => {
  const pnp = (real: string | null) => ({ findPnpApi: () => ({ resolveVirtual: () => real }) });

  it("is the path itself without Plug'n'Play, and where that knows no other", () => {
    for (const finder of [{}, { findPnpApi: () => null }, pnp(null)]) {
      expect(realFolder("/a/worker-image", finder)).to.equal("/a/worker-image");
    }
    expect(realFolder("/backup.zip/a", {})).to.equal("/backup.zip/a");
  });

  it("is what a virtual path stands for", () => {
    const virtual = "/p/.yarn/__virtual__/batch-job-processor-virtual-1a/0/unplugged/b/worker-image";
    expect(realFolder(virtual, pnp("/p/.yarn/unplugged/b/worker-image"))).to.equal("/p/.yarn/unplugged/b/worker-image");
  });

  it("is refused within an archive, with what to do", () => {
    const archived = "/p/.yarn/cache/batch-job-processor-file-1.zip/node_modules/batch-job-processor/worker-image";
    expect(() => realFolder("/virtual", pnp(archived))).to.throw(/Plug'n'Play: set dependenciesMeta.*unplugged/);
  });
});

describe("expectSdks", () => {
  it("says which SDKs are missing, and how to get them", () => {
    expectSdks();
    const resolve = (name: string) => {
      if (name !== "@pulumi/pulumi") throw new Error("no such module");
    };
    expect(() => expectSdks(resolve)).to.throw(
      /^Expected the Pulumi SDKs beside batch-job-processor, found no @pulumi\/aws and no @pulumi\/awsx: npm install /,
    );
  });
});
