import { useState } from "preact/hooks";
import {
  launchFaultKinds,
  type LocalInstance,
  type LocalQueue,
  type LocalRegion,
} from "../../contract/http/localControls";
import { controlLocally, useLocal } from "../api/page";
import { count } from "../format";
import { ask } from "../parts/acts";
import { Choice } from "../parts/choice";
import { Ago, At } from "../parts/clock";
import { Section, Shown } from "../parts/shown";

/** The local run behind the API: its instances, with faults to try, and its queues. */
export function LocalPage() {
  return (
    <>
      <div class="title">
        <div>
          <h1>This machine</h1>
          <p class="muted">What AWS does behind the API, and faults to try. There is no such page on AWS.</p>
        </div>
      </div>
      <Alarms />
      <Instances />
      <Faults />
      <Regions />
      <Queues />
    </>
  );
}

function Alarms() {
  const live = useLocal("_local/alarms");
  return (
    <Shown live={live}>
      {({ alarms }) =>
        alarms.length > 0 && (
          <Section title="Alarms">
            <table>
              <tbody>
                {alarms.map(({ name, state, since, description }) => (
                  <tr key={name}>
                    <td class="id">{name}</td>
                    <td>
                      {state} <Ago at={since} />
                    </td>
                    <td class="muted">{state === "ALARM" && description}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Section>
        )
      }
    </Shown>
  );
}

function Instances() {
  const live = useLocal("_local/instances");
  return (
    <Section title="Instances">
      <Shown live={live}>
        {({ instances }) =>
          instances.length === 0 ? (
            <p class="muted">None: they come with jobs.</p>
          ) : (
            <div class="scroll">
              <table>
                <thead>
                  <tr>
                    {["Instance", "Type", "State", "Kind", "Launched", "Process", "Acts"].map((head) => (
                      <th scope="col">{head}</th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {instances.map((instance) => (
                    <Instance key={instance.instanceId} instance={instance} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Shown>
    </Section>
  );
}

function Instance({ instance }: { instance: LocalInstance }) {
  const { instanceId, type, lifecycleState, health, instanceType, isSpot, launchedAt, pid } = instance;
  const act = (verb: string, text: string, path: string, body = {}) =>
    ask({
      title: `${verb} 1 instance?`,
      text: <p>{text}</p>,
      verb: `${verb} 1 instance`,
      isDangerous: true,
      run: async () => {
        await controlLocally("POST", path, { instanceId, ...body });
        return `${verb}: ${instanceId}`;
      },
    });
  return (
    <tr>
      <td class="id">{instanceId}</td>
      <td>{type}</td>
      <td>
        {lifecycleState}
        {health === "Unhealthy" && ", unhealthy"}
      </td>
      <td>
        {instanceType}
        {isSpot && ", spot"}
      </td>
      <td>
        <Ago at={launchedAt} />
      </td>
      <td class="figure">{pid}</td>
      <td class="acts">
        <button
          type="button"
          aria-label={`Interrupt ${instanceId}`}
          onClick={() => act("Interrupt", "It gets its spot interruption notice: it has two minutes.", "interrupt")}
        >
          Interrupt
        </button>
        <button
          type="button"
          aria-label={`Hang ${instanceId}`}
          onClick={() => act("Hang", "Its worker is suspended without an end, as on a machine that hangs.", "hang")}
        >
          Hang
        </button>
      </td>
    </tr>
  );
}

function Faults() {
  const live = useLocal("_local/faults");
  const [kind, setKind] = useState<string>(launchFaultKinds[0]);
  const [times, setTimes] = useState("");
  const add = (event: Event) => {
    event.preventDefault();
    ask({
      title: times === "" ? "Fail all launches from now on?" : `Fail launches ${count(+times, "time")}?`,
      text: <p>Launches of instances fail with {kind}, of every type.</p>,
      verb: "Add the fault",
      isDangerous: true,
      run: async () => {
        await controlLocally("POST", "faults", { kind, ...(times !== "" && { times: Number(times) }) });
        return `Launches fail with ${kind}`;
      },
    });
  };
  const end = (number: number) =>
    ask({
      title: `End ${count(number, "fault")}?`,
      verb: `End ${count(number, "fault")}`,
      run: async () => {
        await controlLocally("DELETE", "faults");
        return "Launches succeed again";
      },
    });
  return (
    <Section title="Faults of launches">
      <Shown live={live}>
        {({ faults }) => (
          <>
            {faults.length === 0 && <p class="muted">None</p>}
            {faults.length > 0 && (
              <p class="notice">
                {faults.map(({ kind: each, group, times: left }) => (
                  <span class="label">
                    {each}
                    {group && ` of ${group}`}
                    {left !== undefined && `, ${count(left, "time")} yet`}
                  </span>
                ))}
                <button type="button" onClick={() => end(faults.length)}>
                  End all
                </button>
              </p>
            )}
          </>
        )}
      </Shown>
      <form class="filters" aria-label="Add a fault" onSubmit={add}>
        <label>
          Kind
          <Choice value={kind} of={launchFaultKinds} onChoose={setKind} />
        </label>
        <label>
          Launches
          <input
            type="number"
            min="1"
            placeholder="all"
            value={times}
            onInput={(event) => setTimes(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Add the fault</button>
      </form>
    </Section>
  );
}

/** The regions of the run, if there are several: the other sections show those of the API alone. */
function Regions() {
  const live = useLocal("_local/regions");
  const { value } = live.value;
  if (!value || value.regions.length === 1) return undefined;
  return (
    <Section title="Regions">
      <ul class="stack">
        {value.regions.map((each) => (
          <Region key={each.region} region={each} />
        ))}
      </ul>
    </Section>
  );
}

function Region({ region: { region, outage } }: { region: LocalRegion }) {
  const verb = outage ? "Bring back" : "Lose";
  const change = () =>
    ask({
      title: `${verb} ${region}?`,
      text: outage ? undefined : <p>Its APIs and services refuse all calls. What they accepted before waits.</p>,
      verb: `${verb} 1 region`,
      isDangerous: !outage,
      run: async () => {
        await controlLocally(
          outage ? "DELETE" : "POST",
          `regions/${region}/outage`,
          outage ? undefined : { kind: "refuse" },
        );
        return `${verb}: ${region}`;
      },
    });
  return (
    <li>
      {region}{" "}
      {outage && (
        <span class="label">
          {outage.kind === "refuse" ? "refuses calls" : "doesn't answer"}
          {outage.services && `: ${outage.services.join(", ")}`}
        </span>
      )}{" "}
      <button type="button" onClick={change}>
        {verb} {region}
      </button>
    </li>
  );
}

function Queues() {
  const live = useLocal("_local/queues");
  return (
    <Section title="Queues">
      <Shown live={live}>
        {({ queues }) => (
          <div class="stack">
            {queues.map((queue) => (
              <Queue key={queue.name} queue={queue} />
            ))}
          </div>
        )}
      </Shown>
    </Section>
  );
}

function Queue({ queue: { name, ready, delayed, inFlight, messages } }: { queue: LocalQueue }) {
  return (
    <details class="queue">
      <summary>
        <span class="id">{name}</span>
        <span class={ready + delayed + inFlight === 0 ? "figure muted" : "figure"}>
          {ready} ready, {delayed} delayed, {inFlight} in flight
        </span>
      </summary>
      {messages.length === 0 && <p class="muted">Empty</p>}
      {messages.map(({ messageId, sentAt, receives, body }) => (
        <div class="code" key={messageId}>
          <p class="muted">
            {messageId}, sent <At at={sentAt} />, received {count(receives, "time")}
          </p>
          <pre tabIndex={0}>{body}</pre>
        </div>
      ))}
    </details>
  );
}
