import { useMemo, useState } from "preact/hooks";
import { createKeys } from "../api/call";
import { api, poller } from "../api/page";
import type { Trouble } from "../api/trouble";
import { linkTo } from "../filters";
import { type Field, fieldsOf, parsePayload, payloadOf, textsOf } from "../form";
import { ActButton, Problem, say } from "./acts";

/** A form that submits a job of the type: fields as its schema has them, or JSON text. */
export function Submit({ type, schema }: { type: string; schema: unknown }) {
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const [isForm, setForm] = useState(fields !== undefined);
  const [texts, setTexts] = useState(() => textsOf(fields ?? []));
  const [json, setJson] = useState("{}");
  const [more, setMore] = useState({ id: "", tenant: "", delaySeconds: "" });
  const [problems, setProblems] = useState(new Map<number, string>());
  const [trouble, setTrouble] = useState<Trouble>();
  const [isSending, setSending] = useState(false);
  const [keyOf, setKeys] = useState(createKeys);

  const change = (isToForm: boolean) => {
    const payload = isForm && fields ? payloadOf(fields, texts) : undefined;
    if (payload && "payload" in payload) setJson(JSON.stringify(payload.payload, null, 2));
    if (isToForm && fields) setTexts(textsOf(fields, jsonOf(json)));
    setForm(isToForm);
  };
  const read = (): unknown => {
    if (!isForm || !fields) return parsePayload(json);
    const filled = payloadOf(fields, texts);
    setProblems("problems" in filled ? filled.problems : new Map());
    return "payload" in filled ? filled.payload : undefined;
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setTrouble(undefined);
    setSending(true);
    try {
      const payload = read();
      if (payload !== undefined) {
        const { id, tenant, delaySeconds } = more;
        const rest = {
          ...(id && { id }),
          ...(tenant && { tenant }),
          ...(delaySeconds && { delaySeconds: +delaySeconds }),
        };
        const body = { type, payload, ...rest };
        const made = await api.call("submitJob", { body, key: keyOf(body) });
        setKeys(createKeys);
        say(
          <>
            Submitted <a href={linkTo("jobs", made.id)}>{made.id}</a>
          </>,
        );
        poller.refresh();
      }
    } catch (error) {
      setTrouble(error as Trouble);
    }
    setSending(false);
  };

  return (
    <form class="submit" onSubmit={(event) => void submit(event)} noValidate>
      {fields && (
        <div class="switch" role="group" aria-label="Payload as">
          <button type="button" aria-pressed={isForm} onClick={() => change(true)}>
            Form
          </button>
          <button type="button" aria-pressed={!isForm} onClick={() => change(false)}>
            JSON
          </button>
        </div>
      )}
      {isForm && fields ? (
        fields.map((field, place) => (
          <FieldRow
            key={field.path.join("/")}
            field={field}
            text={texts[place] ?? ""}
            problem={problems.get(place)}
            onText={(text) => setTexts(texts.map((each, index) => (index === place ? text : each)))}
          />
        ))
      ) : (
        <label class="field">
          Payload, as JSON
          <textarea rows={8} spellcheck={false} value={json} onInput={(event) => setJson(event.currentTarget.value)} />
        </label>
      )}
      <details>
        <summary>Id, tenant, delay</summary>
        <div class="row">
          {(["id", "tenant", "delaySeconds"] as const).map((name) => (
            <label class="field" key={name}>
              {moreLabels[name]}
              <input
                value={more[name]}
                inputMode={name === "delaySeconds" ? "numeric" : "text"}
                onInput={(event) => setMore({ ...more, [name]: event.currentTarget.value })}
              />
            </label>
          ))}
        </div>
      </details>
      {trouble && <Problem trouble={trouble} />}
      {/* The second click of a double click may come after the answer. */}
      <ActButton
        type="submit"
        class="primary"
        disabled={isSending}
        onClick={(event) => event.detail > 1 && event.preventDefault()}
      >
        Submit 1 job
      </ActButton>
    </form>
  );
}

const moreLabels = { id: "Id", tenant: "Tenant", delaySeconds: "Delay, in seconds" };

interface RowProps {
  field: Field;
  text: string;
  problem: string | undefined;
  onText: (text: string) => void;
}

function FieldRow({ field: { label, hint, isRequired, kind, choices = [], items }, text, problem, onText }: RowProps) {
  const change = (event: Event) => onText((event.currentTarget as HTMLInputElement).value);
  const common = { value: text, "aria-invalid": problem !== undefined, "aria-required": isRequired };
  return (
    <label class="field">
      <span>
        {label} {!isRequired && <small>optional</small>}
      </span>
      {kind === "choice" ? (
        <select {...common} onChange={change}>
          <option value="">–</option>
          {choices.map((choice) => {
            const word = typeof choice === "string" ? choice : JSON.stringify(choice);
            return <option value={word}>{word}</option>;
          })}
        </select>
      ) : kind === "list" ? (
        <textarea {...common} rows={3} placeholder={`one ${items} a line`} onInput={change} />
      ) : (
        <input {...common} inputMode={kind === "text" ? "text" : "decimal"} onInput={change} />
      )}
      {hint && <small class="hint">{hint}</small>}
      {problem && <small class="wrong">{problem}</small>}
    </label>
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
