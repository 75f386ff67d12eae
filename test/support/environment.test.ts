import { expect } from "chai";
import { checkEnvironment, copyEnvironment, restoreEnvironment } from "./environment";

describe("The environment of tests", () => {
  it("is checked for variables that were left, and restored in place", () => {
    const copy = copyEnvironment();
    const [some] = Object.keys(copy) as [string];
    process.env.LEFT_BY_A_TEST = "1";
    delete process.env[some];
    expect(() => checkEnvironment(copy)).to.throw("LEFT_BY_A_TEST");
    expect(() => checkEnvironment(copy)).to.throw(some);
    restoreEnvironment(copy);
    checkEnvironment(copy);
  });

  it("is put back where an object took its place", () => {
    const copy = copyEnvironment();
    const own = process.env;
    process.env = { ...own };
    expect(() => checkEnvironment(copy)).to.throw("replaced process.env");
    expect(process.env).to.equal(own);
  });
});
