import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import type { OpenApi } from "../../contract/http/answers";
import type { Route } from "../../contract/http/route";
import { routes } from "../../contract/http/routes";
import { packageRoot } from "../../contract/packageRoot";

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

/** The document of the package. */
export const openApi = JSON.parse(readFileSync(join(packageRoot(), "openapi.json"), "utf8")) as OpenApi & {
  paths: Record<string, Record<string, Operation>>;
};

/** In tests answers have no fields but those of the document, which readers of answers may expect to grow. */
const strict = JSON.parse(JSON.stringify(openApi), (_key, value: unknown) => {
  const schema = value as Record<string, unknown> | null;
  const isClosed = schema?.type === "object" && schema.properties !== undefined;
  return isClosed ? { additionalProperties: false, ...schema } : value;
}) as object;

const ajv = new Ajv2020({ strict: false, schemas: [{ $id: "openapi", ...strict }] });
const validators = new Map<string, ValidateFunction>();

const patterns = Object.values<Route>(routes).map(({ method, path }) => {
  return { method, path, pattern: new RegExp(`^${path.replace(".", "\\.").replace(/\{\w+\}/, "[^/]+")}$`) };
});

/** Throws unless the answer of a route is one that the document describes. Answers of other paths and methods pass. */
export function expectDocumented(method: string, path: string, status: number, type: string, body: unknown): void {
  const route = patterns.find((each) => each.method === method && each.pattern.test(path.replace(/\?.*$/s, "")));
  const { code } = (body ?? {}) as { code?: unknown };
  // A stage or a base path may make another path of it.
  if (!route || code === "unknown-path" || code === "method-not-allowed") return;
  const [media = ""] = type.split(";");
  const where = ["paths", route.path, method.toLowerCase(), "responses", String(status), "content", media, "schema"];
  const pointer = where.map((step) => `/${step.replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
  const documented = openApi.paths[route.path]![method.toLowerCase()]!.responses[status];
  if (documented && !documented.content && body === undefined) return;
  if (!documented?.content?.[media]) {
    throw new Error(`${method} ${path} answered ${status} ${media}, which openapi.json doesn't have`);
  }
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${encodeURI(pointer)}` });
  validators.set(pointer, validate);
  if (!validate(body)) {
    const reasons = ajv.errorsText(validate.errors);
    throw new Error(
      `${method} ${path} answered ${status} other than openapi.json says: ${reasons}: ${JSON.stringify(body).slice(0, 300)}`,
    );
  }
}
