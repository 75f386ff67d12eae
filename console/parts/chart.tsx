import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

/** A curve over time, in steps. */
export interface Curve {
  label: string;
  /** Custom property of its colour. */
  colour: string;
  values: (number | null)[];
}

const height = 150;
const wholeNumbers = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000];

/** Curves over time, with gaps where they are unknown. Times are epoch milliseconds. */
export function Chart(props: { label: string; from: number; to: number; times: number[]; curves: Curve[] }) {
  const { label, from, to, times, curves } = props;
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const range = useRef<[number, number]>([from, to]);
  range.current = [from / 1_000, to / 1_000];
  useEffect(() => {
    const place = element.current!;
    const colour = (name: string) => () => getComputedStyle(place).getPropertyValue(name);
    const axis = {
      ...{ stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } },
      font: "11px system-ui",
    };
    const made = new uPlot(
      {
        ...{ width: place.clientWidth, height, cursor: { y: false } },
        scales: { x: { range: () => range.current }, y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
        axes: [
          { ...axis, size: 26, values: to - from > 86_400_000 ? "{D} {MMM}" : "{HH}:{mm}" },
          { ...axis, size: 44, incrs: wholeNumbers },
        ],
        series: [
          { label: "Time", value: "{D} {MMM} {HH}:{mm}" },
          ...curves.map((curve) => ({
            ...{ label: curve.label, stroke: colour(curve.colour), width: 2, points: { show: false } },
            paths: uPlot.paths.stepped!({ align: 1 }),
          })),
        ],
      },
      undefined,
      place,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height }));
    observer.observe(place);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => made.redraw();
    scheme.addEventListener("change", redraw);
    return () => {
      scheme.removeEventListener("change", redraw);
      observer.disconnect();
      made.destroy();
    };
  }, [label, to - from > 86_400_000]);
  useEffect(() => plot.current?.setData([times.map((time) => time / 1_000), ...curves.map(({ values }) => values)]));
  const now = curves.map(({ label: name, values }) => `${name} ${values.at(-1) ?? "unknown"}`);
  return <div ref={element} class="chart" role="img" aria-label={`${label}. Now: ${now.join(", ")}`} />;
}
