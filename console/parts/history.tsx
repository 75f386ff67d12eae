import { useState } from "preact/hooks";
import { capacityReasons } from "../../contract/fleet/history";
import { isLocal, useLive } from "../api/page";
import { changesIn, curvesOf } from "../curves";
import { Chart } from "./chart";
import { At } from "./clock";
import { Section, Shown } from "./shown";

const spans: [minutes: number, name: string][] = [
  [60, "Hour"],
  [1_440, "Day"],
  [10_080, "7 days"],
];

/** Jobs and instances of a type over time, and in words why the number of instances changed. */
export function History({ type }: { type: string }) {
  const [minutes, setMinutes] = useState(60);
  const live = useLive("getHistory", { parameter: type, query: { minutes } }, isLocal ? 2_000 : 60_000);
  const to = live.asOf.value ?? Date.now();
  const from = to - minutes * 60_000;
  return (
    <Section
      title="Over time"
      aside={
        <div class="acts" role="group" aria-label="Time shown">
          {spans.map(([each, name]) => (
            <button key={each} type="button" aria-pressed={each === minutes} onClick={() => setMinutes(each)}>
              {name}
            </button>
          ))}
        </div>
      }
    >
      <Shown live={live}>
        {({ counts }) => {
          const { times, of } = curvesOf(counts, from, to);
          const changes = changesIn(counts, from);
          if (times.length === 0) return <p class="muted">No jobs and no instances in this time.</p>;
          return (
            <>
              <Chart
                {...{ label: "Jobs over time", from, to, times }}
                curves={[
                  { label: "waiting", colour: "--wait", values: of.waiting },
                  { label: "running", colour: "--run", values: of.running },
                ]}
              />
              <Chart
                {...{ label: "Instances over time", from, to, times }}
                curves={[
                  { label: "wanted", colour: "--gone", values: of.desired },
                  { label: "in service", colour: "--good", values: of.inService },
                ]}
              />
              {changes.length > 0 && (
                <div class="scroll changes" tabIndex={0}>
                  <table aria-label="Changes of capacity">
                    <thead>
                      <tr>
                        {["When", "Wanted", "Why"].map((head) => (
                          <th scope="col">{head}</th>
                        ))}
                      </tr>
                    </thead>
                    <tbody>
                      {changes.map(({ at, before, after, reason }) => (
                        <tr key={at}>
                          <td>
                            <At at={at} />
                          </td>
                          <td>{before === undefined ? after : `${before} → ${after}`}</td>
                          <td>{capacityReasons[reason] ?? reason}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              )}
            </>
          );
        }}
      </Shown>
    </Section>
  );
}
