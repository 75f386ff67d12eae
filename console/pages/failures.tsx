import type { FailureGroup } from "../../contract/http/answers";
import { isLocal, useLive, useTypeNames } from "../api/page";
import { linkTo } from "../filters";
import { count, grouped } from "../format";
import { goTo, place } from "../navigation";
import { ActButton } from "../parts/acts";
import { actOnMany } from "../parts/bulk";
import { Choice } from "../parts/choice";
import { Ago } from "../parts/clock";
import { Copy } from "../parts/copy";
import { Shown } from "../parts/shown";

/** Failed jobs by type and kind of error. */
export function FailuresPage() {
  const type = place.value.query.get("type") ?? "";
  const types = useTypeNames();
  const live = useLive("listFailures", { query: { type } }, isLocal ? 1_000 : 60_000);
  const { value } = live.value;
  return (
    <>
      <div class="title">
        <h1>Failures</h1>
        {value && <Copy text={JSON.stringify(value.failures, null, 2)} label="Copy all as JSON" />}
      </div>
      <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Type
          <Choice
            {...{ value: type, of: types, hasAny: true }}
            onChoose={(chosen) => goTo(linkTo("failures", "", { type: chosen }), true)}
          />
        </label>
      </form>
      <Shown live={live}>
        {({ failures }) =>
          failures.length === 0 ? (
            <div class="empty">
              <p>No failed jobs.</p>
            </div>
          ) : (
            <div class="stack">
              {failures.map((group) => (
                <Group key={`${group.type} ${group.errorKey}`} group={group} />
              ))}
            </div>
          )
        }
      </Shown>
    </>
  );
}

function Group({ group: { type, errorKey, count: number, firstAt, lastAt, example } }: { group: FailureGroup }) {
  const filter = { type, state: "failed" as const, errorKey };
  return (
    <article class="failure" aria-label={`${type}: ${errorKey}`}>
      <span class="number" aria-label={count(number, "failed job")}>
        {grouped(number)}
      </span>
      <div>
        <h2>{errorKey}</h2>
        <p class="muted">
          <a href={linkTo("types", type)}>{type}</a>, first <Ago at={firstAt} />, last <Ago at={lastAt} />:{" "}
          <a class="id" href={linkTo("jobs", example.id)}>
            {example.id}
          </a>
        </p>
        {example.error?.frames?.[0] && <code class="muted">{example.error.frames[0]}</code>}
      </div>
      <div class="acts" role="group" aria-label={`Acts on ${errorKey}`}>
        <ActButton onClick={() => actOnMany("retry", { filter })}>Retry all</ActButton>
        <ActButton onClick={() => actOnMany("replay", { filter })}>Replay all</ActButton>
      </div>
    </article>
  );
}
