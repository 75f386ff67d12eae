import { useEffect, useState } from "preact/hooks";
import type { Action } from "../../contract/http/answers";
import type { ActionVerb, JobFilter } from "../../contract/http/jobFilter";
import { api } from "../api/page";
import { Trouble } from "../api/trouble";
import { linkTo } from "../filters";
import { capitalised, count, grouped } from "../format";
import { type Act, Confirm, Problem, show } from "./acts";
import { TextField } from "./textField";

/** Jobs to act on: those that a filter selects, or those that are named. */
export type Chosen = { filter: JobFilter } | { ids: string[] };

const effects: Record<ActionVerb, string> = {
  retry: "They run again under their ids; their attempts count from zero.",
  replay: "A new job like each of them is submitted.",
  cancel: "Those that wait never run; the workers of those that run are asked to stop them.",
};

/** Counts the jobs by a dry run, and asks to act on as many. */
export function actOnMany(action: ActionVerb, chosen: Chosen): void {
  show(<Bulk action={action} chosen={chosen} />);
}

function Bulk({ action, chosen }: { action: ActionVerb; chosen: Chosen }) {
  const { dryRun, trouble } = useDryRun(action, chosen);
  const [rate, setRate] = useState("");
  const [reason, setReason] = useState("");
  const isCounted = dryRun !== undefined && dryRun.state !== "counting";
  const { matched = 0, skipped = 0 } = dryRun?.counts ?? {};
  const [verb, jobs] = [capitalised(action), count(matched - skipped, "job")];
  const act: Act = {
    title: isCounted ? `${verb} ${jobs}?` : `${verb}: counting, ${grouped(matched)} so far …`,
    verb: isCounted ? `${verb} ${jobs}` : verb,
    isDangerous: action === "cancel",
    isPending: !isCounted || matched - skipped === 0,
    text: (
      <>
        <p>{effects[action]}</p>
        {dryRun && <Selection chosen={chosen} dryRun={dryRun} />}
        {trouble && <Problem trouble={trouble} />}
        <div class="row">
          <TextField
            label="Jobs a second, at most"
            inputMode="decimal"
            placeholder="as fast as it goes"
            value={rate}
            onText={setRate}
          />
          <TextField label="Reason, for those who ask later" maxLength={500} value={reason} onText={setReason} />
        </div>
      </>
    ),
    run: async (keyOf, follow) => {
      if (rate !== "" && !(Number(rate) > 0))
        throw new Trouble("problem", `Expected a number above 0 a second, got "${rate}"`);
      const rest = { ...(rate !== "" && { ratePerSecond: Number(rate) }), ...(reason !== "" && { reason }) };
      // What the dry run counted, with what it filled in, is what is acted on.
      const same = "ids" in chosen ? chosen : { filter: dryRun!.filter ?? chosen.filter };
      const body = { action, ...same, ...rest };
      const { id } = await api.call("startAction", { body, key: keyOf(body) });
      follow(linkTo("actions", id));
      return <a href={linkTo("actions", id)}>{`${verb} of ${jobs} has begun`}</a>;
    },
  };
  return <Confirm act={act} />;
}

/** Counts the jobs by a dry run, and looks on until all are counted. */
function useDryRun(action: ActionVerb, chosen: Chosen): { dryRun?: Action; trouble?: Trouble } {
  const [dryRun, setDryRun] = useState<Action>();
  const [trouble, setTrouble] = useState<Trouble>();
  useEffect(() => {
    let isOpen = true;
    const look = async () => {
      let found = await api.call("startAction", {
        body: { action, ...chosen, dryRun: true },
        key: crypto.randomUUID(),
      });
      while (isOpen && found.state === "counting") {
        setDryRun(found);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        found = await api.call("getAction", { parameter: found.id });
      }
      setDryRun(found);
    };
    look().catch((error: Trouble) => setTrouble(error));
    return () => {
      isOpen = false;
    };
  }, []);
  return { dryRun, trouble };
}

/** Words for the jobs that were chosen, and for how many of them would be left. */
function Selection({ chosen, dryRun: { filter, counts } }: { chosen: Chosen; dryRun: Action }) {
  return (
    <p class="muted">
      {"ids" in chosen ? `${count(chosen.ids.length, "job")} selected` : filterWords(filter ?? chosen.filter)}
      {counts.skipped > 0 && `; ${count(counts.skipped, "job")} would be left as they are`}
    </p>
  );
}

/** A filter in words. */
export function filterWords({ type, state, tenant, label, from, to, errorName, errorKey }: JobFilter): string {
  const parts = [
    `${state ?? "all"} jobs of ${type}`,
    tenant && `of the tenant ${tenant}`,
    label && `with the label ${label}`,
    from && `from ${from}`,
    to && `to ${to}`,
    errorName && `with a ${errorName}`,
    errorKey && `with “${errorKey}”`,
  ];
  return parts.filter(Boolean).join(", ");
}
