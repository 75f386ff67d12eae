import { useMemo, useState } from "preact/hooks";
import { createKeys } from "../api/call";
import { api, poller } from "../api/page";
import type { Trouble } from "../api/trouble";
import { linkTo } from "../filters";
import { type Field, fieldsOf, parsePayload, payloadOf, textsOf } from "../form";
import { ActButton, Problem, say } from "./acts";
import { Switch } from "./switch";
import { TextField } from "./textField";

const modes = { form: "Form", json: "JSON" };
type Mode = keyof typeof modes;

/** Settings of a job beside its payload, as they are typed. */
const noSettings = { id: "", tenant: "", delaySeconds: "" };
type Settings = typeof noSettings;

const labels: Settings = { id: "Id", tenant: "Tenant", delaySeconds: "Delay, in seconds" };

/** A form that submits a job of the type: fields as its schema has them, or JSON text. */
export function Submit({ type, schema }: { type: string; schema: unknown }) {
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const [mode, setMode] = useState<Mode>(fields ? "form" : "json");
  const [texts, setTexts] = useState(() => textsOf(fields ?? []));
  const [json, setJson] = useState("{}");
  const [problems, setProblems] = useState(new Map<number, string>());
  const [settings, setSettings] = useState(noSettings);
  const { submit, isSending, trouble } = useSubmission(type);
  /** The fields, unless JSON text takes their place. */
  const form = mode === "form" ? fields : undefined;

  const change = (to: Mode) => {
    const filled = form && payloadOf(form, texts);
    if (filled && "payload" in filled) setJson(JSON.stringify(filled.payload, null, 2));
    if (to === "form" && fields) setTexts(textsOf(fields, jsonOf(json)));
    setMode(to);
  };
  const read = (): unknown => {
    if (!form) return parsePayload(json);
    const filled = payloadOf(form, texts);
    setProblems("problems" in filled ? filled.problems : new Map());
    return "payload" in filled ? filled.payload : undefined;
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void submit(read, settings);
  };

  return (
    <form class="submit" onSubmit={onSubmit} noValidate>
      {fields && <Switch label="Payload as" value={mode} of={modes} onChoose={change} />}
      {form ? (
        <PayloadFields fields={form} texts={texts} problems={problems} onChange={setTexts} />
      ) : (
        <label class="field">
          Payload, as JSON
          <textarea rows={8} spellcheck={false} value={json} onInput={(event) => setJson(event.currentTarget.value)} />
        </label>
      )}
      <SettingFields settings={settings} onChange={setSettings} />
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

/** Submits jobs of the type. One whose answer was lost is sent again under its key. */
function useSubmission(type: string) {
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const [keyOf, setKeys] = useState(createKeys);
  /** Submits nothing if there is no payload to read; `read` says why. */
  const submit = async (read: () => unknown, { id, tenant, delaySeconds }: Settings) => {
    setTrouble(undefined);
    setSending(true);
    try {
      const payload = read();
      if (payload !== undefined) {
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
  return { submit, isSending, trouble };
}

function SettingFields({ settings, onChange }: { settings: Settings; onChange: (settings: Settings) => void }) {
  return (
    <details>
      <summary>Id, tenant, delay</summary>
      <div class="row">
        {(["id", "tenant", "delaySeconds"] as const).map((name) => (
          <TextField
            key={name}
            label={labels[name]}
            value={settings[name]}
            inputMode={name === "delaySeconds" ? "numeric" : "text"}
            onText={(text) => onChange({ ...settings, [name]: text })}
          />
        ))}
      </div>
    </details>
  );
}

interface FieldsProps {
  fields: Field[];
  /** Texts of the fields, by their places, and what is wrong with them. */
  texts: string[];
  problems: Map<number, string>;
  onChange: (texts: string[]) => void;
}

function PayloadFields({ fields, texts, problems, onChange }: FieldsProps) {
  return (
    <>
      {fields.map((field, place) => (
        <FieldRow
          key={field.path.join("/")}
          field={field}
          text={texts[place] ?? ""}
          problem={problems.get(place)}
          onText={(text) => onChange(texts.map((each, index) => (index === place ? text : each)))}
        />
      ))}
    </>
  );
}

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
