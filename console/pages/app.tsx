import { Component, type ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isLocal, poller, readsOnly, session } from "../api/page";
import { linkTo } from "../filters";
import { place } from "../navigation";
import { closeDialog, Dialogs, Outcome } from "../parts/acts";
import { At } from "../parts/clock";
import { ActionPage, ActionsPage } from "./actions";
import { FailuresPage } from "./failures";
import { JobPage } from "./job";
import { JobsPage } from "./jobs";
import { LocalPage } from "./local";
import { OverviewPage } from "./overview";
import { SchedulesPage } from "./schedules";
import { TypePage } from "./type";
import { UsagePage } from "./usage";

const pages = [
  { page: "", name: "Overview" },
  { page: "jobs", name: "Jobs" },
  { page: "failures", name: "Failures" },
  { page: "actions", name: "Actions" },
  { page: "schedules", name: "Schedules" },
  { page: "usage", name: "Usage" },
  ...(isLocal && session.local ? [{ page: "local", name: "This machine" }] : []),
];

/** The whole page: where one may go, how old the knowledge is, and the view that the address names. */
export function App() {
  const { page, parameter } = place.value;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const title = parameter || (pages.find((each) => each.page === page)?.name ?? "Not here");
  useEffect(closeDialog, [place.value]);
  useEffect(() => {
    document.title = `${title} · Batch jobs`;
    // On a phone the names of the pages don't fit beside each other.
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    // Not at the start: the browser's own focus is right there.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [page, parameter]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href={linkTo("")}>
          <span class="logo" aria-hidden="true" />
          Batch jobs <small>{isLocal ? "local" : ""}</small>
        </a>
        <nav aria-label="Pages">
          {pages.map((each) => (
            <a href={linkTo(each.page)} aria-current={each.page === page ? "page" : undefined}>
              {each.name}
            </a>
          ))}
        </nav>
        <Pulse />
      </header>
      <Word />
      <main ref={main} id="main" tabIndex={-1}>
        <Fence key={`${page}/${parameter}`}>{viewOf(page, parameter)}</Fence>
      </main>
      <Outcome />
      <Dialogs />
    </>
  );
}

function viewOf(page: string, parameter: string) {
  if (page === "" && parameter === "") return <OverviewPage />;
  if (page === "jobs") return parameter ? <JobPage id={parameter} /> : <JobsPage />;
  if (page === "failures") return <FailuresPage />;
  if (page === "actions") return parameter ? <ActionPage id={parameter} /> : <ActionsPage />;
  if (page === "schedules") return <SchedulesPage />;
  if (page === "usage") return <UsagePage />;
  if (page === "local" && session.local) return <LocalPage />;
  if (page === "types" && parameter) return <TypePage type={parameter} />;
  return (
    <div class="empty">
      <h1>There is no such page</h1>
      <p>
        <a href={linkTo("")}>To the overview</a>
      </p>
    </div>
  );
}

/** Age of what is shown, and the switch that holds it still. */
function Pulse() {
  const isHeld = poller.isHeld.value;
  const asOf = poller.asOf.value;
  const trouble = poller.trouble.value;
  return (
    <div class="pulse">
      <span class={isHeld ? "dot held" : trouble ? "dot bad" : "dot"} aria-hidden="true" />
      <span class="as-of">
        {isHeld ? "Held" : trouble ? "Trouble" : "Live"}
        {asOf !== undefined && (
          <>
            , as of <At at={asOf} />
          </>
        )}
      </span>
      <button type="button" aria-pressed={isHeld} onClick={() => poller.hold(!isHeld)}>
        {isHeld ? "Go on" : "Hold still"}
      </button>
    </div>
  );
}

/** Trouble with the API, while older answers are still shown, and the reason why the page only reads. */
function Word() {
  const trouble = poller.trouble.value;
  return (
    <div role="status" class="word">
      {readsOnly.value !== undefined && <p class="reads">{readsOnly.value}</p>}
      {trouble && <p class={trouble.kind === "slow" ? "slow" : ""}>{trouble.message}</p>}
    </div>
  );
}

/** Says that an answer can't be shown, in place of nothing. */
class Fence extends Component<{ children: ComponentChildren }, { message?: string }> {
  static override getDerivedStateFromError(error: Error) {
    return { message: error.message };
  }

  override componentDidCatch(): void {
    setTimeout(this.tryAgain, 10_000);
  }

  /** The next answer may be right: the present one is forgotten. */
  private readonly tryAgain = () => {
    poller.forget();
    this.setState({ message: undefined });
  };

  override render() {
    const { message } = this.state;
    if (message === undefined) return this.props.children;
    return (
      <div class="problem" role="alert">
        <p>The API answered something that this page can't show: {message}</p>
        <button type="button" onClick={this.tryAgain}>
          Try again
        </button>
      </div>
    );
  }
}
