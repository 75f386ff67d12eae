import { expect } from "chai";
import { filterNames, filtersOf, linkTo, placeOf } from "../../console/filters";

describe("The console's address", () => {
  it("names a view, what it is about, and the filters", () => {
    const { page, parameter, query } = placeOf("#/jobs?type=invoice&state=failed");
    expect({ page, parameter, ...Object.fromEntries(query) }).to.deep.equal({
      ...{ page: "jobs", parameter: "", type: "invoice", state: "failed" },
    });
    expect(placeOf("").page).to.equal("");
    expect(placeOf("#/jobs/%E0%A4%A").parameter).to.equal("%E0%A4%A");
  });

  it("gives back what a link was made of, whatever its characters", () => {
    for (const text of ["a", ".a-b_", "a/b?c=d&e#f", "ü %", "campaign:spring 1+1"]) {
      const { page, parameter, query } = placeOf(linkTo("jobs", text, { tenant: text, label: undefined, type: "" }));
      expect([page, parameter, [...query]]).to.deep.equal(["jobs", text, [["tenant", text]]]);
    }
  });

  it("has the filters that the API has, and no others", () => {
    expect(filterNames).to.include.members(["type", "state"]).and.not.include.members(["limit", "cursor"]);
    expect(filtersOf(new URLSearchParams("state=failed&limit=9&color=red&type="))).to.deep.equal({ state: "failed" });
  });
});
