import type { Action } from "../../contract/http/answers";
import { api, isLocal, useLive } from "../api/page";
import { linkTo } from "../filters";
import { capitalised, count, grouped } from "../format";
import { ActButton, ask } from "../parts/acts";
import { filterWords } from "../parts/bulk";
import { Ago, At } from "../parts/clock";
import { Facts, Section, Shown } from "../parts/shown";

const pause = isLocal ? 1_000 : 4_000;

/** The actions on many jobs, newest first. */
export function ActionsPage() {
  const live = useLive("listActions", {}, pause);
  return (
    <>
      <div class="title">
        <h1>Actions</h1>
      </div>
      <Shown live={live}>
        {({ actions }) =>
          actions.length === 0 ? (
            <div class="empty">
              <p>No action on many jobs yet. They begin at the jobs, or at the failures.</p>
            </div>
          ) : (
            <div class="stack">
              {actions.map((action) => (
                <article class="action" key={action.id} aria-label={`${action.action} ${action.id}`}>
                  <h2>
                    <a href={linkTo("actions", action.id)}>{titleOf(action)}</a>
                  </h2>
                  <p class="muted">
                    {whatOf(action)}, <Ago at={action.startedAt} />
                    {action.by && ` by ${action.by}`}
                  </p>
                  <Counts action={action} />
                </article>
              ))}
            </div>
          )
        }
      </Shown>
    </>
  );
}

/** One action: how far it is, and what it left as it was. */
export function ActionPage({ id }: { id: string }) {
  const live = useLive("getAction", { parameter: id }, pause);
  return (
    <Shown live={live} title={id}>
      {(action) => (
        <>
          <div class="title">
            <div>
              <p class="above">
                <a href={linkTo("actions")}>Actions</a>
              </p>
              <h1>{titleOf(action)}</h1>
              <p class="muted">{whatOf(action)}</p>
            </div>
            {isGoingOn(action) && (
              <div class="acts" role="group" aria-label="Acts">
                <ActButton onClick={() => stop(action)}>Stop</ActButton>
              </div>
            )}
          </div>
          <Counts action={action} />
          <Section title="About it">
            <Facts
              of={[
                ["State", action.state],
                ["Started", <At at={action.startedAt} />],
                ["Finished", action.finishedAt && <At at={action.finishedAt} />],
                ["By", action.by],
                ["Reason", action.reason],
                ["At most a second", action.ratePerSecond && count(action.ratePerSecond, "job")],
              ]}
            />
          </Section>
          {(action.problems?.length ?? 0) > 0 && (
            <Section title="Left as they were">
              <ul class="plain">
                {action.problems!.map(({ id: job, code }) => (
                  <li key={job}>
                    <a class="id" href={linkTo("jobs", job)}>
                      {job}
                    </a>{" "}
                    <span class="muted">{code}</span>
                  </li>
                ))}
              </ul>
            </Section>
          )}
        </>
      )}
    </Shown>
  );
}

function isGoingOn({ state }: Action): boolean {
  return state === "counting" || state === "running";
}

function titleOf({ action, dryRun, state, counts }: Action): string {
  return `${dryRun ? `Count for: ${action}` : capitalised(action)} ${count(counts.matched, "job")}${isGoingOn({ state } as Action) ? " so far" : ""}`;
}

function whatOf({ filter }: Action): string {
  return filter ? filterWords(filter) : "Jobs that were named";
}

function Counts({ action: { action, state, dryRun, counts } }: { action: Action }) {
  const { matched, done, skipped, failed } = counts;
  const ended = done + skipped + failed;
  return (
    <div class="progress">
      <progress max={Math.max(1, matched)} value={dryRun ? matched : ended} aria-label={`Progress of ${action}`} />
      <span class="figure">
        {state}: {dryRun ? `${count(matched, "job")} found` : `${grouped(done)} done`}, {grouped(skipped)} skipped,{" "}
        {grouped(failed)} failed
      </span>
    </div>
  );
}

function stop({ id, counts }: Action): void {
  ask({
    title: "Stop 1 action?",
    text: <p>It has acted on {count(counts.done, "job")}, and acts on no further one.</p>,
    verb: "Stop 1 action",
    isDangerous: true,
    run: async () => {
      await api.call("stopAction", { parameter: id });
      return "The action stops";
    },
  });
}
