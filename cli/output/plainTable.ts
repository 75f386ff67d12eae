import { cut, paint, singleLine, type Styled, widthOf } from "./styled";

export interface Column {
  head: string;
  /** Columns of the terminal below which its cells aren't cut. @default - they are never cut */
  least?: number;
  /** Columns with the lowest rank are left out first if not all fit. @default - it is never left out */
  rank?: number;
  align?: "right";
}

const gap = 2;

/**
 * A table of aligned columns, without lines, so that it can be cut and pasted. If it is wider than `width`, it cuts
 * cells from the last column on, and then leaves out columns.
 */
export function plainTable(columns: readonly Column[], rows: readonly (readonly Styled[])[], width: number): Styled {
  const cells = rows.map((row) => row.map(singleLine));
  const shown = columns.map((column, index) => ({
    ...column,
    index,
    width: Math.max(widthOf(column.head), ...cells.map((row) => widthOf(row[index]!))),
  }));
  const excess = () => shown.reduce((sum, column) => sum + column.width, gap * (shown.length - 1)) - width;
  const shrink = () => {
    for (const column of [...shown].reverse()) {
      const least = Math.min(column.width, Math.max(column.least ?? Infinity, column.head.length));
      column.width -= Math.max(0, Math.min(excess(), column.width - least));
    }
  };
  const natural = shown.map((column) => column.width);
  for (shrink(); excess() > 0; shrink()) {
    const [least] = shown.filter(({ rank }) => rank !== undefined).sort((one, other) => one.rank! - other.rank!);
    if (!least) break;
    shown.splice(shown.indexOf(least), 1);
    for (const column of shown) column.width = natural[column.index]!;
  }
  const line = (content: readonly Styled[]) => {
    const parts = shown.map(({ index, width: room, align }) => {
      const cell = cut(content[index]!, room);
      const padding = " ".repeat(Math.max(0, room - widthOf(cell)));
      return align === "right" ? { before: padding, cell, after: "" } : { before: "", cell, after: padding };
    });
    const last = parts.findLastIndex(({ cell }) => widthOf(cell) > 0);
    return parts
      .slice(0, last + 1)
      .map(({ before, cell, after }, place): Styled =>
        place === last ? [before, cell] : [before, cell, after, " ".repeat(gap)],
      );
  };
  const head = line(columns.map((column) => paint.bold(column.head)));
  return [head, ...cells.map(line)].flatMap((each, index): Styled[] => (index === 0 ? [each] : ["\n", each]));
}
