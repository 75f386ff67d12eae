import { expect } from "chai";
import { readSession } from "../../../console/api/session";

function tab(kept: Record<string, string> = {}) {
  const values = new Map(Object.entries(kept));
  const store = {
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => void values.set(name, value),
  };
  const cleared: string[] = [];
  return { cleared, open: (fragment: string) => readSession(fragment, store, (rest) => cleared.push(rest)) };
}

describe("The page's session", () => {
  it("takes a token from the fragment, keeps it in the tab and clears the address", () => {
    const { cleared, open } = tab();
    expect(open("#token=abc").token).to.equal("abc");
    expect(cleared).to.deep.equal(["#/"]);
    expect(open("#/jobs?state=failed").token).to.equal("abc");
    expect(cleared).to.have.length(1);
  });

  it("is without secrets where the address has none", () => {
    expect(tab().open("#/jobs")).to.deep.equal({ token: undefined, local: undefined });
    expect(tab({ local: "xyz" }).open("")).to.deep.equal({ token: undefined, local: "xyz" });
  });
});
