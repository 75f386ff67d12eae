import { expect } from "chai";
import { argsSchema } from "../../../components/args/checks/argsSchema";

interface Member {
  name: string;
  example?: string;
}

type Inputs = Record<string, unknown>;

const processor = (inputs: Inputs) => ({ processors: [{ name: "word-count", ...inputs }] });
const component = (inputs: Inputs) => ({ ...processor({}), ...inputs });

/** Inputs of the component that hold the given ones of a type, and what the type requires beside them. */
const holding: Record<string, (inputs: Inputs) => object> = {
  BatchJobProcessorArgs: component,
  ProcessorArgs: processor,
  CapacityChange: (inputs) =>
    processor({ capacitySchedule: [{ recurrence: "0 8 * * *", minInstances: 1, ...inputs }] }),
  NetworkArgs: (network) => component({ network }),
  JwtArgs: (inputs) => component({ jwt: { issuer: "https://login.example.com", audiences: ["jobs"], ...inputs } }),
  ScopesArgs: (scopes) => component({ jwt: { issuer: "https://login.example.com", audiences: ["jobs"], scopes } }),
  CorsArgs: (inputs) => component({ cors: { allowOrigins: ["*"], ...inputs } }),
  ThrottlingArgs: (throttling) => component({ throttling }),
  AlarmsArgs: (alarms) => component({ alarms }),
  BudgetArgs: (budget) => component({ budget: { dollarsPerDay: 1, ...budget } }),
  TracesArgs: (traces) => component({ traces: { endpoint: "https://otel.example.com", ...traces } }),
  LambdaArgs: (frontend) => component({ frontend }),
  PolicyStatement: (inputs) =>
    component({ policyStatements: [{ Action: ["s3:GetObject"], Resource: "*", ...inputs }] }),
  JobSchedule: (inputs) => processor({ schedules: [{ name: "nightly", expression: "rate(1 day)", ...inputs }] }),
};

describe("examples of inputs", () => {
  let inputTypes: Record<string, { file: string }>;
  let membersOf: (path: string, name: string) => Member[];

  before(async () => {
    // @ts-expect-error a script without types
    const reference = (await import("../../../tools/documents/reference.mjs")) as {
      inputTypes: typeof inputTypes;
      membersOf: typeof membersOf;
    };
    ({ inputTypes, membersOf } = reference);
  });

  it("are there for every input of every type in the reference", () => {
    expect(Object.keys(holding)).to.have.members(Object.keys(inputTypes));
    const all = Object.entries(inputTypes).flatMap(([type, { file }]) =>
      membersOf(file, type).map((member) => ({ ...member, path: `${type}.${member.name}` })),
    );
    expect(all.length).to.be.greaterThan(70);
    expect(all.filter(({ example }) => !example).map(({ path }) => path)).to.deep.equal([]);
  });

  for (const [type, hold] of Object.entries(holding)) {
    it(`are accepted: ${type}`, () => {
      for (const { name, example } of membersOf(inputTypes[type]!.file, type)) {
        // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- our own text
        const value = new Function(`return (${example});`)() as unknown;
        expect(argsSchema.safeParse(hold({ [name]: value })).error?.issues ?? [], `${name}: ${example}`).to.be.empty;
      }
    });
  }
});
