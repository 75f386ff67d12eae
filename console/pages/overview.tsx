import type { JobType } from "../../contract/http/answers";
import { useLive } from "../api/page";
import { linkTo } from "../filters";
import { count } from "../format";
import { JobTable } from "../parts/jobTable";
import { Section, Shown } from "../parts/shown";

/** The overview: first what needs the person, then each type at a glance. */
export function OverviewPage() {
  const types = useLive("listTypes");
  const failed = useLive("listJobs", { query: { state: "failed", limit: 5 } }, 10_000);
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

function NeedsYou({ types }: { types: JobType[] }) {
  const needs = types.flatMap(({ type, launchProblem }) =>
    launchProblem ? [{ type, text: "No worker starts", detail: launchProblem, link: linkTo("types", type) }] : [],
  );
  if (needs.length === 0) {
    return (
      <p class="calm" role="status">
        <span aria-hidden="true">✓</span> Nothing needs you: workers of {count(types.length, "type")} start
      </p>
    );
  }
  return (
    <section class="needs" aria-labelledby="needs">
      <h2 id="needs">{needs.length === 1 ? "1 thing needs" : `${needs.length} things need`} you</h2>
      <ul>
        {needs.map(({ type, text, detail, link }) => (
          <li>
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

function Card({ type: { type, description, launchProblem } }: { type: JobType }) {
  return (
    <article class={launchProblem ? "card bad" : "card"} aria-label={type}>
      <h2>
        <a href={linkTo("types", type)}>{type}</a>
      </h2>
      {description && <p class="muted">{description}</p>}
      <p class="links">
        <a href={linkTo("jobs", "", { type })}>Jobs</a>
        <a href={linkTo("jobs", "", { type, state: "failed" })}>Failed</a>
        <a href={linkTo("types", type)}>Submit</a>
      </p>
    </article>
  );
}
