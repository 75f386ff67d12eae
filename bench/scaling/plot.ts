import { init } from "echarts";
import { type Trace } from "./traces";
import { type Trial } from "./trial";

const size = { width: 760, height: 300 };
const samples = 160;
const colours = ["#b0413e", "#d98c3f", "#3f7cac", "#7a5fa8", "#1d7a4f"];

/** Number of instances over time under each rule, in the first phase of its clock: an SVG. */
export function plot(trace: Trace, trials: Trial[]): string {
  const from = Math.max(0, trace.arrivals[0]! - 600);
  const until = Math.max(trace.seconds, trace.arrivals.at(-1)!) + 1_500;
  const times = Array.from({ length: samples + 1 }, (_, index) => from + ((until - from) * index) / samples);
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    color: colours,
    title: { text: `Instances: ${trace.name}`, left: 44, textStyle: { fontSize: 14, fontWeight: "normal" } },
    legend: { orient: "vertical", left: 600, top: "middle", icon: "rect", itemHeight: 3 },
    grid: { left: 44, right: 170, top: 36, bottom: 34 },
    xAxis: {
      type: "value",
      min: from,
      max: until,
      interval: (until - from) / 4,
      axisLabel: { formatter: inHours },
      splitLine: { show: false },
    },
    yAxis: { type: "value", minInterval: 1 },
    series: trials.map(({ result: { rule }, spans }, index) => ({
      name: rule,
      type: "line",
      step: "end",
      showSymbol: false,
      lineStyle: { width: index === trials.length - 1 ? 2.2 : 1.2 },
      data: times
        .map((time) => [time, spans.filter((span) => span.from <= time && time < span.until).length])
        .filter(([, count], at, all) => at === samples || count !== all[at - 1]?.[1]),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function inHours(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
}
