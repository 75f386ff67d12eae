import { isLocal, useLive } from "../api/page";
import { linkTo } from "../filters";
import { At } from "../parts/clock";
import { Shown } from "../parts/shown";
import { scheduleWords } from "../schedule";

/** The recurring schedules that submit jobs. */
export function SchedulesPage() {
  const live = useLive("listSchedules", {}, isLocal ? 2_000 : 60_000);
  return (
    <>
      <div class="title">
        <h1>Schedules</h1>
      </div>
      <Shown live={live}>
        {({ schedules }) =>
          schedules.length === 0 ? (
            <div class="empty">
              <p>No type has a schedule.</p>
            </div>
          ) : (
            <div class="scroll">
              <table>
                <thead>
                  <tr>
                    {["Schedule", "Type", "When", "Next", "Expression"].map((head) => (
                      <th scope="col">{head}</th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {schedules.map(({ type, next, ...schedule }) => (
                    <tr key={`${type} ${schedule.name}`}>
                      <td>{schedule.name}</td>
                      <td>
                        <a href={linkTo("types", type)}>{type}</a>
                      </td>
                      <td>{scheduleWords(schedule)}</td>
                      <td>{next && <Next times={next} />}</td>
                      <td>
                        <code>{schedule.expression}</code>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Shown>
    </>
  );
}

function Next({ times }: { times: string[] }) {
  if (times.length === 0) return <>never again</>;
  return (
    <>
      {times.map((at, index) => (
        <span key={at}>
          {index > 0 && " · "}
          <At at={at} />
        </span>
      ))}
    </>
  );
}
