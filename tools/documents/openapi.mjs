// Writes openapi.json, the description of the HTTP API, from its routes and the types of its answers, and the table of
// routes in docs/api.md. `--check` only says if they are up to date.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../project.mjs";
import { table, withParts, writeDocument } from "./document.mjs";

const require = createRequire(import.meta.url);
require("../../test/support/loader.cjs");
const { routes, pathParameters } = require("../../contract/http/routes.ts");
const { problems } = require("../../contract/http/problem.ts");

/** Problems that each route may have. */
const commonProblems = [
  ...["invalid-request", "malformed-json", "forbidden", "payload-too-large", "unsupported-media-type", "unavailable"],
];

/** API Gateway's own answers. */
const gatewayAnswers = {
  401: "No valid token",
  403: "Not allowed",
  413: "Too large",
  429: "Throttled",
  503: "Too late",
};

/** Schemas by name, from the types of answers. */
async function schemasOfAnswers() {
  const { createGenerator } = await import("ts-json-schema-generator");
  const options = {
    additionalProperties: true,
    skipTypeCheck: true,
    topRef: false,
    tsconfig: join(root, "tsconfig.json"),
  };
  const generator = createGenerator({
    ...options,
    path: join(root, "contract", "http", "answers.ts"),
    type: "Answers",
  });
  const { definitions, properties } = generator.createSchema("Answers");
  const isOwn = ([, schema]) => schema.$ref === undefined;
  const schemas = { ...definitions, ...Object.fromEntries(Object.entries(properties).filter(isOwn)) };
  return JSON.parse(JSON.stringify(schemas).replaceAll("#/definitions/", "#/components/schemas/"));
}

const reference = (name) => ({ $ref: `#/components/schemas/${name}` });

function operationOf([operationId, route]) {
  const { scope, summary, query = {}, body, path, needsRecords } = route;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const fields = ({ description, ...schema }) => ({ ...(description && { description }), schema });
  const operation = {
    ...{ operationId, summary, tags: [scope] },
    parameters: [
      ...names.map((name) => ({ name, in: "path", required: true, ...fields(pathParameters[name]) })),
      ...Object.entries(query).map(([name, schema]) => ({ name, in: "query", ...fields(schema) })),
      ...(scope === "submit" ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
      ...(route.method === "GET" ? [{ $ref: "#/components/parameters/IfNoneMatch" }] : []),
    ],
    ...(body && {
      requestBody: {
        ...(body.required && { required: true }),
        content: {
          "application/json": { schema: operationId === "submitJob" ? reference("Submission") : bodySchema(body) },
        },
      },
    }),
    responses: responsesOf(route, [
      ...commonProblems,
      ...(needsRecords ? ["tracking-off"] : []),
      ...(route.problems ?? []),
    ]),
  };
  return operation;
}

const bodySchema = (body) => ({ type: "object", ...body, additionalProperties: false });

function responsesOf({ method, answers }, codes) {
  const responses = {};
  const add = (status, description, type, name) => {
    const response = (responses[status] ??= { description: "", content: {} });
    response.description += (response.description && "; ") + description;
    const other = response.content[type]?.schema;
    const isOther = other && other.$ref !== reference(name).$ref;
    response.content[type] = { schema: isOther ? { anyOf: [other, reference(name)] } : reference(name) };
  };
  for (const [status, name] of Object.entries(answers)) add(status, name, "application/json", name);
  for (const code of codes) {
    const { status, title } = problems[code];
    add(status, `\`${code}\`: ${title}`, "application/problem+json", "ProblemDocument");
  }
  for (const [status, text] of Object.entries(gatewayAnswers)) add(status, text, "application/json", "GatewayAnswer");
  if (method !== "GET") return responses;
  const headers = { ETag: { $ref: "#/components/headers/ETag" } };
  Object.assign(responses[200], { headers });
  return { ...responses, 304: { description: "The caller has this answer", headers } };
}

async function document() {
  const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const paths = {};
  for (const entry of Object.entries(routes)) {
    const { path, method } = entry[1];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(entry) };
  }
  const text = { type: "string" };
  return {
    openapi: "3.1.1",
    info: {
      ...{ title: "Batch jobs", version, license: { name: license, identifier: license } },
      description: "Submits jobs, shows them and acts on them. An operation's tag is the scope that callers need.",
    },
    servers: [{ url: "." }],
    tags: ["submit", "read", "operate"].map((name) => ({ name })),
    paths,
    components: {
      parameters: {
        IdempotencyKey: {
          ...{ name: "Idempotency-Key", in: "header", schema: { ...text, minLength: 1, maxLength: 255 } },
          description: "Makes a submission without an id idempotent",
        },
        IfNoneMatch: {
          ...{ name: "If-None-Match", in: "header", schema: text },
          description: "`ETag` of an earlier answer: 304 without a body if it would be the same again",
        },
      },
      headers: {
        ETag: { schema: text, description: "Tag of the answer's body, less each `asOf` in it" },
      },
      schemas: {
        Submission: bodySchema(routes.submitJob.body),
        ...(await schemasOfAnswers()),
        GatewayAnswer: { type: "object", properties: { message: text } },
      },
    },
  };
}

function routeTable() {
  const rows = Object.values(routes).map(({ method, path, scope, summary, answers, problems: codes = [] }) => [
    ...[`\`${method} ${path}\``, `\`${scope}\``, summary],
    [
      ...Object.entries(answers).map(([status, name]) => `${status} \`${name}\``),
      ...codes.map((code) => `\`${code}\``),
    ].join(", "),
  ]);
  return table(["Request", "Scope", "Does", "Answers"], rows);
}

await writeDocument("openapi.json", `${JSON.stringify(await document(), undefined, 2)}\n`);
const marks = { begin: "<!-- routes, made by tools/documents/openapi.mjs -->", end: "<!-- /routes -->" };
await writeDocument("docs/api.md", withParts("docs/api.md", [{ ...marks, part: routeTable() }]));
