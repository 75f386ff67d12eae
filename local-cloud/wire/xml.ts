export type XmlValue = string | number | boolean | Date | undefined | XmlValue[] | { [name: string]: XmlValue };

/** An answer's members in the query protocol: undefined ones are omitted. */
export function xmlOf(members: Record<string, XmlValue>): string {
  return Object.entries(members)
    .map(([name, value]) => element(name, value))
    .join("");
}

export function escapeXml(text: string): string {
  const names: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return text.replace(/[&<>"]/g, (character) => `&${names[character]};`);
}

function element(name: string, value: XmlValue): string {
  return value === undefined ? "" : `<${name}>${content(value)}</${name}>`;
}

function content(value: Exclude<XmlValue, undefined>): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => element("member", item)).join("");
  return typeof value === "object" ? xmlOf(value) : escapeXml(String(value));
}
