import { type ComponentChildren } from "preact";
import type { JobType } from "../../contract/http/answers";
import { isLocal, useLive } from "../api/page";
import { linkTo } from "../filters";
import { count, duration, grouped } from "../format";
import { typesPause } from "../pace";
import { At } from "../parts/clock";
import { JobTable } from "../parts/jobTable";
import { Section, Shown } from "../parts/shown";

/** The overview: first what needs the person, then each type at a glance. */
export function OverviewPage() {
  const types = useLive("listTypes", {}, (found) => (isLocal ? 0 : typesPause(found.types.length)));
  const failed = useLive("listJobs", { query: { state: "failed", limit: 5 } }, isLocal ? 0 : 10_000);
  return (
    <>
      <div class="title">
        <h1>Overview</h1>
      </div>
      <Shown live={types}>
        {({ types: all }) => (
          <>
            <NeedsYou types={all} />
            <div class="cards">
              {all.map((type) => (
                <Card key={type.type} type={type} />
              ))}
            </div>
          </>
        )}
      </Shown>
      {(failed.value.value?.jobs.length ?? 0) > 0 && (
        <Section title="Failed last" aside={<a href={linkTo("jobs", "", { state: "failed" })}>All failed jobs</a>}>
          <JobTable pages={[failed.value.value!.jobs]} label="Jobs that failed last" />
        </Section>
      )}
    </>
  );
}

interface Need {
  type: string;
  text: string;
  link: string;
  detail: ComponentChildren;
}

function needsOf({ type, launchProblem, nextLaunchAt, counts }: JobType): Need[] {
  const deadLetters = counts?.deadLetters ?? 0;
  const needs: (Need | false)[] = [
    launchProblem !== undefined && {
      ...{ type, text: "No worker starts", link: linkTo("types", type) },
      detail: (
        <>
          {launchProblem}. What to do: docs/operations.md#no-worker-starts
          {nextLaunchAt && (
            <>
              ; next try <At at={nextLaunchAt} />
            </>
          )}
        </>
      ),
    },
    deadLetters > 0 && {
      ...{ type, text: count(deadLetters, "dead letter"), link: linkTo("failures", "", { type }) },
      detail: "Jobs that failed for good wait for you to retry them. What to do: docs/operations.md#dead-letters",
    },
  ];
  return needs.filter((need) => need !== false);
}

function NeedsYou({ types }: { types: JobType[] }) {
  const needs = types.flatMap(needsOf);
  if (needs.length === 0) {
    return (
      <p class="calm" role="status">
        <span aria-hidden="true">✓</span> Nothing needs you: no dead letters, and workers start
      </p>
    );
  }
  return (
    <section class="needs" aria-labelledby="needs">
      <h2 id="needs">{needs.length === 1 ? "1 thing needs" : `${needs.length} things need`} you</h2>
      <ul>
        {needs.map(({ type, text, detail, link }) => (
          <li key={type + text}>
            <a href={link}>
              <strong>{type}</strong> {text}
            </a>
            <p>{detail}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card({ type: jobType }: { type: JobType }) {
  const { type, description, counts, oldestSeconds, instances, slots, asOf } = jobType;
  return (
    <article class={needsOf(jobType).length > 0 ? "card bad" : "card"} aria-label={type}>
      <h2>
        <a href={linkTo("types", type)}>{type}</a>
      </h2>
      {description && <p class="muted">{description}</p>}
      <Counts type={type} counts={counts} />
      <p class="muted small">
        {fleetWords(instances, slots)}
        {oldestSeconds !== undefined &&
          oldestSeconds > 0 &&
          `; jobs have waited for ${duration(oldestSeconds * 1_000)}`}
        {asOf && (
          <>
            {" "}
            · as of <At at={asOf} />
          </>
        )}
      </p>
      <p class="links">
        <a href={linkTo("jobs", "", { type })}>Jobs</a>
        <a href={linkTo("types", type)}>Submit</a>
      </p>
    </article>
  );
}

/** Instances and slots in words. */
export function fleetWords(instances: JobType["instances"], slots: JobType["slots"]): string {
  if (!instances) return "Not counted yet";
  const { inService, pending, max } = instances;
  const parts = [
    `${inService} of ${count(max, "instance")}`,
    pending > 0 && `${pending} starting`,
    slots && slots.all > 0 && `${slots.busy} of ${count(slots.all, "slot")} busy`,
  ];
  return parts.filter(Boolean).join(", ");
}

function Counts({ type, counts }: Pick<JobType, "type" | "counts">) {
  const isBad = (counts?.deadLetters ?? 0) > 0;
  return (
    <dl class="figures">
      <Figure name="waiting" value={counts?.waiting} link={linkTo("jobs", "", { type, state: "queued" })} />
      <Figure name="running" value={counts?.running} link={linkTo("jobs", "", { type, state: "running" })} />
      <Figure name="delayed" value={counts?.delayed} />
      <Figure name="dead" value={counts?.deadLetters} link={linkTo("failures", "", { type })} isBad={isBad} />
    </dl>
  );
}

function Figure(props: { name: string; value: number | undefined; link?: string; isBad?: boolean }) {
  const { name, value, link, isBad } = props;
  const shown = value === undefined ? "–" : grouped(value);
  return (
    <div class={isBad ? "bad" : value ? "" : "none"}>
      <dt>{name}</dt>
      <dd>{link ? <a href={link}>{shown}</a> : shown}</dd>
    </div>
  );
}
