import { type UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { namesIn } from "../../../contract/records/expressions";
import { encodeField, type JobRecord } from "../../../contract/records/record";

export type RecordFields = { [Field in keyof JobRecord]?: JobRecord[Field] | undefined };

/** A condition in DynamoDB's language; `#field` stands for the field, `:name` for one of `values`. */
export interface RecordCondition {
  condition: string;
  values?: Record<string, { field: keyof JobRecord; value: unknown }>;
}

/** One conditional update of one record. */
export interface RecordUpdate extends RecordCondition {
  /** Undefined fields keep their value. */
  set: RecordFields;
  /** Fields that are set only if the record lacks them. */
  setIfMissing?: RecordFields;
  remove?: (keyof JobRecord)[];
  /** Fields that are raised by one, and their values if the record lacks them. */
  raise?: Partial<Record<"attempts" | "claims" | "retries", number>>;
}

type Expression = Pick<
  UpdateItemCommandInput,
  "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

/** The update as UpdateItem takes it. Every field has a `#name`, since some are reserved words. */
export function expressUpdate({ set, setIfMissing = {}, remove = [], raise = {}, ...rest }: RecordUpdate): Expression {
  const values: NonNullable<Expression["ExpressionAttributeValues"]> = {};
  const assign = (prefix: string, fields: RecordFields, right: (field: string, value: string) => string) =>
    definedEntries(fields).map(([field, value]) => {
      values[`:${prefix}_${field}`] = encodeField(field, value);
      return `#${field} = ${right(field, `:${prefix}_${field}`)}`;
    });
  const assignments = [
    ...assign("set", set, (_field, value) => value),
    ...assign("missing", setIfMissing, (field, value) => `if_not_exists(#${field}, ${value})`),
  ];
  for (const [field, before] of Object.entries(raise)) {
    assignments.push(`#${field} = if_not_exists(#${field}, :before_${field}) + :one`);
    values[`:before_${field}`] = { N: String(before) };
    values[":one"] = { N: "1" };
  }
  for (const [name, { field, value }] of Object.entries(rest.values ?? {})) {
    values[`:${name}`] = encodeField(field, value);
  }
  const removal = remove.length > 0 ? ` REMOVE ${remove.map((field) => `#${field}`).join(", ")}` : "";
  const expression = `SET ${assignments.join(", ")}${removal}`;
  return {
    UpdateExpression: expression,
    ConditionExpression: rest.condition,
    ExpressionAttributeNames: namesIn(`${expression} ${rest.condition}`),
    ExpressionAttributeValues: values,
  };
}

/** The condition that the job was not claimed, ended or cancelled since the record was read. */
export function unchangedSince(record: JobRecord | undefined): RecordCondition {
  if (!record) return { condition: "attribute_not_exists(#id)" };
  const { state, attempts, leaseUntil, cancelRequestedAt } = record;
  return {
    condition: [
      "#state = :seenState AND #attempts = :seenAttempts",
      leaseUntil === undefined ? "attribute_not_exists(#leaseUntil)" : "#leaseUntil = :seenLease",
      `attribute_${cancelRequestedAt === undefined ? "not_exists" : "exists"}(#cancelRequestedAt)`,
    ].join(" AND "),
    values: {
      seenState: { field: "state", value: state },
      seenAttempts: { field: "attempts", value: attempts },
      ...(leaseUntil !== undefined && { seenLease: { field: "leaseUntil" as const, value: leaseUntil } }),
    },
  };
}

function definedEntries(fields: RecordFields): [keyof JobRecord, unknown][] {
  return Object.entries(fields).filter(([, value]) => value !== undefined) as [keyof JobRecord, unknown][];
}
