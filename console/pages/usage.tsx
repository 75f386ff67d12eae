import { usageKinds, type UsageRow, type UsageSum } from "../../contract/http/usageReport";
import { isLocal, useLive } from "../api/page";
import { linkTo } from "../filters";
import { capitalised, grouped } from "../format";
import { goTo, place } from "../navigation";
import { Choice } from "../parts/choice";
import { Shown } from "../parts/shown";

/** The use of instances in some days, by type, tenant or a label. */
export function UsagePage() {
  const { query } = place.value;
  const [by = "type", label = "", from = "", to = ""] = ["by", "label", "from", "to"].map(
    (name) => query.get(name) ?? undefined,
  );
  const asked = { by, label: by === "label" ? label : "", from, to };
  const change = (changed: object) => goTo(linkTo("usage", "", { ...asked, ...changed }), true);
  return (
    <>
      <div class="title">
        <h1>Usage</h1>
      </div>
      <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          By
          <Choice value={by} of={usageKinds} onChoose={(chosen) => change({ by: chosen })} />
        </label>
        {by === "label" && (
          <label>
            Label
            <input value={label} onChange={(event) => change({ label: event.currentTarget.value })} />
          </label>
        )}
        {(["from", "to"] as const).map((name) => (
          <label key={name}>
            {capitalised(name)}
            <input
              type="date"
              value={asked[name]}
              onChange={(event) => change({ [name]: event.currentTarget.value })}
            />
          </label>
        ))}
      </form>
      {(by !== "label" || label) && <Report asked={asked} />}
    </>
  );
}

function Report({ asked }: { asked: Record<string, string> }) {
  const live = useLive("getUsage", { query: asked }, isLocal ? 2_000 : 60_000);
  return (
    <Shown live={live}>
      {({ rows, total, from, to, cursor }) => (
        <div class="scroll">
          <table class="sums">
            <caption>
              {from} to {to}, UTC
              {total.unpriced && "; some without a known price"}
              {cursor && "; more: batch-jobs usage"}
            </caption>
            <thead>
              <tr>
                {[capitalised(asked.label || asked.by!), "Jobs", "Instance hours", "Dollars"].map((head) => (
                  <th scope="col">{head}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Line name={nameOf(row)} sum={row} />
              ))}
              <Line name="All jobs" sum={total} />
              {total.idleSeconds !== undefined && (
                <Line name="Idle" sum={{ seconds: total.idleSeconds, dollars: total.idleDollars }} />
              )}
            </tbody>
          </table>
        </div>
      )}
    </Shown>
  );
}

function nameOf({ type, tenant, value }: UsageRow): string {
  return type ?? tenant ?? value ?? "";
}

function Line({
  name,
  sum: { jobs, seconds, dollars },
}: {
  name: string;
  sum: Omit<UsageSum, "jobs"> & { jobs?: number };
}) {
  return (
    <tr>
      <td>{name}</td>
      <td>{jobs !== undefined && grouped(jobs)}</td>
      <td>{(seconds / 3_600).toFixed(3)}</td>
      <td>{dollars?.toFixed(4)}</td>
    </tr>
  );
}
