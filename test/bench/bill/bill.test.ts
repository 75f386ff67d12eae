import { expect } from "chai";
import { readUnits } from "../../../bench/bill/bill";

describe("a bill's read units", () => {
  const of = (input: Record<string, unknown>, ...units: number[]) =>
    readUnits(input, { ConsumedCapacity: units.map((CapacityUnits) => ({ CapacityUnits })) });

  it("are those that the answer has, of each table", () => {
    expect(readUnits({}, { ConsumedCapacity: { CapacityUnits: 3.5 } })).to.equal(3.5);
    expect(of({ ConsistentRead: true }, 2)).to.equal(2);
    expect(of({}, 1, 2.5)).to.equal(3.5);
  });

  it("are the least that AWS bills if nothing was found", () => {
    expect(of({}, 0)).to.equal(0.5);
    expect(of({ ConsistentRead: false }, 0)).to.equal(0.5);
    expect(of({ ConsistentRead: true }, 0)).to.equal(1);
  });

  it("are none of a call that was refused", () => {
    expect(readUnits({}, {})).to.equal(0);
  });
});
