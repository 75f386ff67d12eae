import { expect } from "chai";
import { LineWriter } from "../../../worker-image/src/support/lineWriter";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { until } from "../../support/until";

describe("LineWriter", () => {
  guardAgainstLeaks();

  it("writes lines together, soon, in order", async () => {
    const written: string[] = [];
    const writer = new LineWriter((text) => written.push(text));
    for (const line of ["a\n", "b\n"]) writer.write(line);
    expect(written).to.deep.equal([]);
    await until(() => written.length > 0);
    expect(written).to.deep.equal(["a\nb\n"]);
  });

  it("writes at once when it is full or flushed, and nothing twice", () => {
    const written: string[] = [];
    const writer = new LineWriter((text) => written.push(text));
    writer.write("x".repeat(70_000));
    expect(written).to.have.length(1);
    writer.write("y");
    writer.flush();
    writer.flush();
    expect(written.slice(1)).to.deep.equal(["y"]);
  });
});
