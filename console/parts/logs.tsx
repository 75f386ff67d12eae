import type { TargetedEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { JobLogs, LogLine } from "../../contract/http/answers";
import { isLocal, poller, useLive } from "../api/page";
import { grouped } from "../format";
import { Problem } from "./acts";
import { At } from "./clock";
import { Switch } from "./switch";

/** A component answers one call a second; on AWS lines are there after some seconds anyway. */
const pause = isLocal ? 1_100 : 5_000;

/** Lines that are kept: a handler may write them for hours. */
const mostLines = 2_000;

const levels = { handler: "Of the handler", all: "All" };

const waitingWords = "Waiting for further lines …";

interface Tail {
  lines: LogLine[];
  /** Number of lines before those. */
  dropped: number;
  cursor: string | undefined;
  isOver: boolean;
}

/** The lines about a job as they come, oldest first. */
export function Logs({ id }: { id: string }) {
  const [{ lines, dropped, cursor, isOver }, setTail] = useState<Tail>({
    ...{ lines: [], dropped: 0, cursor: undefined, isOver: false },
  });
  const [level, setLevel] = useState<keyof typeof levels>("handler");
  const take = ({ lines: more, cursor: next }: JobLogs) =>
    setTail((before) => {
      const all = [...before.lines, ...more];
      const over = Math.max(0, all.length - mostLines);
      return { lines: all.slice(over), dropped: before.dropped + over, cursor: next, isOver: next === undefined };
    });
  // After lines the log is asked for again as late as after none: it must not be asked too often.
  const asked = useLater(cursor);
  const atEnd = useStayAtEnd();
  const shown = level === "all" ? lines : lines.filter(({ event }) => event === "job-log");
  return (
    <>
      <Switch label="Lines" value={level} of={levels} onChoose={setLevel} />
      {dropped > 0 && (
        <p class="muted">
          The last {grouped(mostLines)} lines; all of them: <code>batch-jobs logs {id}</code>
        </p>
      )}
      {shown.length > 0 && (
        <div {...atEnd} class="logs" role="log" aria-label="Log" tabIndex={0}>
          {shown.map((line, at) => (
            <Line key={dropped + at} line={line} />
          ))}
        </div>
      )}
      {!isOver && asked === cursor && <Follow key={asked ?? ""} id={id} after={asked} take={take} />}
      {!isOver && asked !== cursor && <p class="muted">{waitingWords}</p>}
      {isOver && shown.length === 0 && <p class="muted">No lines</p>}
    </>
  );
}

/** The cursor, a pause after it came; while the page is held, no pause ends. */
function useLater(cursor: string | undefined): string | undefined {
  const [asked, setAsked] = useState<string>();
  const isHeld = poller.isHeld.value;
  useEffect(() => {
    const timer = isHeld ? undefined : setTimeout(() => setAsked(cursor), pause);
    return () => clearTimeout(timer);
  }, [cursor, isHeld]);
  return asked;
}

/** Properties of a box that stays scrolled to its end until the person scrolls up. */
function useStayAtEnd() {
  const ref = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (isAtEnd.current) ref.current?.scrollTo(0, ref.current.scrollHeight);
  });
  const onScroll = ({ currentTarget: { scrollTop, clientHeight, scrollHeight } }: TargetedEvent<HTMLDivElement>) => {
    isAtEnd.current = scrollTop + clientHeight > scrollHeight - 8;
  };
  return { ref, onScroll };
}

/** Asks for the lines after the cursor until there are some. */
function Follow({ id, after, take }: { id: string; after: string | undefined; take: (logs: JobLogs) => void }) {
  const live = useLive("getLogs", { parameter: id, query: { after } }, pause);
  const logs = live.value.value;
  const trouble = logs === undefined && live.trouble.value;
  useEffect(() => {
    if (logs && (logs.lines.length > 0 || logs.cursor !== after)) take(logs);
  }, [logs]);
  if (trouble) return <Problem trouble={trouble} />;
  return <p class="muted">{logs ? waitingWords : "Reading the log …"}</p>;
}

function Line({ line: { at, source, level, event, attempt, message, stream, fields } }: { line: LogLine }) {
  const isBad = level === "error" || level === "warn" || stream === "stderr";
  // The page has the job's labels above.
  const rest = Object.entries(fields ?? {}).flatMap(([name, value]) =>
    name === "labels" ? [] : `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return (
    <div class={isBad ? "bad" : ""}>
      <At at={at} /> <span class="muted">{attempt === undefined ? source : `#${attempt}`}</span>{" "}
      {event !== "job-log" && <strong>{event} </strong>}
      <bdi>{message}</bdi>
      {rest.length > 0 && <span class="muted"> {rest.join(" ")}</span>}
    </div>
  );
}
