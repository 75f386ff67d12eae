import { expect } from "chai";
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
