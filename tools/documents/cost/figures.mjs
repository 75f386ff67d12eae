import { table } from "../document.mjs";

export function dollars(value) {
  if (value < 0) return `−${dollars(-value)}`;
  return value === 0 ? "$0" : value < 0.005 ? "below $0.01" : `$${value.toFixed(2)}`;
}

export function numericTable(head, rows) {
  return table(head, rows, { isNumeric: true });
}
