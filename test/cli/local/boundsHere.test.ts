import { expect } from "chai";
import { boundsHere } from "../../../cli/local/boundsHere";

describe("boundsHere", () => {
  it("fits 80 columns, and names what isn't held on each system", () => {
    for (const platform of ["linux", "darwin"] as const) {
      const text = boundsHere(platform);
      for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(80);
      for (const bound of ["time", "memory", "processes", "disk", "GPU"]) {
        expect(text).to.match(new RegExp(`^  ${bound} +\\S`, "m"));
      }
      expect(text).to.include("Not held here").and.to.include("rootVolumeGb").and.to.include("instanceStore");
    }
  });

  it("names the mechanism of the system", () => {
    expect(boundsHere("linux"))
      .to.include("on Linux")
      .and.to.include("/proc")
      .and.not.to.include("a session of its own");
    expect(boundsHere("darwin")).to.include("on macOS").and.to.include("by ps").and.to.include("a session of its own");
  });
});
