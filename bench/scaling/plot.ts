import { type Trace } from "./traces";
import { type Trial } from "./trial";

const width = 760;
const height = 300;
const left = 44;
const right = 170;
const top = 30;
const bottom = 34;
const samples = 240;
const colours = ["#b0413e", "#d98c3f", "#3f7cac", "#7a5fa8", "#1d7a4f"];

/** Number of instances over time under each rule, in the first phase of its clock: an SVG. */
export function plot(trace: Trace, trials: Trial[]): string {
  const from = Math.max(0, trace.arrivals[0]! - 600);
  const until = Math.max(trace.seconds, trace.arrivals.at(-1)!) + 1_500;
  const times = Array.from({ length: samples + 1 }, (_, index) => from + ((until - from) * index) / samples);
  const lines = trials.map(({ spans }) =>
    times.map((time) => spans.filter((s) => s.from <= time && time < s.until).length),
  );
  const most = Math.max(1, ...lines.flat());
  const x = (time: number) => left + ((time - from) / (until - from)) * (width - left - right);
  const y = (count: number) => height - bottom - (count / most) * (height - top - bottom);

  const paths = lines.map((line, rule) => {
    let path = `M${x(times[0]!).toFixed(1)} ${y(line[0]!).toFixed(1)}`;
    for (let index = 1; index < line.length; index++) {
      if (line[index] === line[index - 1] && index < line.length - 1) continue;
      path += `H${x(times[index]!).toFixed(1)}V${y(line[index]!).toFixed(1)}`;
    }
    const strokeWidth = rule === lines.length - 1 ? 2.2 : 1.2;
    return `<path d="${path}" fill="none" stroke="${colours[rule]}" stroke-width="${strokeWidth}"/>`;
  });
  const legend = trials.map(({ result: { rule } }, index) => {
    const at = top + 10 + index * 20;
    const start = width - right + 14;
    return (
      `<path d="M${start} ${at}h18" stroke="${colours[index]}" stroke-width="3"/>` +
      `<text x="${start + 24}" y="${at + 4}">${escapeText(rule)}</text>`
    );
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const time = from + share * (until - from);
    return `<text x="${x(time).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${inHours(time)}</text>`;
  });
  const levels = [0, Math.round(most / 2), most].map(
    (count) =>
      `<path d="M${left} ${y(count).toFixed(1)}H${width - right}" stroke="#ddd"/>` +
      `<text x="${left - 6}" y="${(y(count) + 4).toFixed(1)}" text-anchor="end">${count}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="18" font-size="14">Instances: ${escapeText(trace.name)}</text>`,
    ...levels,
    ...ticks,
    ...paths,
    ...legend,
    "</svg>\n",
  ].join("\n");
}

function inHours(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
