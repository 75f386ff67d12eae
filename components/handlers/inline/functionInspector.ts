import { type Debugger, type InspectorNotification, type Runtime, Session } from "node:inspector";
import { pathToFileURL } from "node:url";
import { createContext } from "node:vm";

/** A text that V8 runs: a file's, as the program's loader compiled it. */
export interface Script {
  /** `file:` address or path of the file, `node:` name of one of Node's own. */
  url: string;
  text: string;
}

/** A function's text, and its offset in its script. */
export interface FunctionPlace {
  script: Script;
  offset: number;
  text: string;
}

type Scopes = { length: number } & Record<number, { object?: Record<string, unknown> } | undefined>;

let inspector: FunctionInspector | undefined;

/** Reads what V8 knows of functions and JavaScript doesn't tell, by the inspector, as Pulumi's serialiser does. */
export class FunctionInspector {
  private readonly session = new Session();
  private readonly urls = new Map<string, string>();
  private readonly scripts = new Map<string, Script>();
  /** Global object of a context of its own, through which values reach the session and come back. */
  private readonly shared: { value?: unknown } = {};
  private readonly contextId: number;

  /** One for the process: a session costs as much as the process has scripts. */
  static shared(): FunctionInspector {
    return (inspector ??= new FunctionInspector());
  }

  private constructor() {
    this.session.connect();
    this.session.on("Debugger.scriptParsed", ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) =>
      this.urls.set(params.scriptId, params.url),
    );
    this.post("Debugger.enable");
    let contextId = 0;
    this.session.on(
      "Runtime.executionContextCreated",
      ({ params }: InspectorNotification<Runtime.ExecutionContextCreatedEventDataType>) => {
        contextId = params.context.id;
      },
    );
    this.post("Runtime.enable");
    createContext(this.shared);
    this.post("Runtime.disable");
    this.contextId = contextId;
  }

  /** Place of a function, or of the one that it is bound to; undefined for native code. */
  placeOf(value: object): FunctionPlace | undefined {
    for (let remote: Runtime.RemoteObject | undefined = this.remote(value); remote !== undefined;) {
      const internal: Runtime.InternalPropertyDescriptor[] = this.internals(remote);
      const location = find(internal, "[[FunctionLocation]]")?.value as Debugger.Location | undefined;
      if (location) return this.placeAt(location, remote.description!);
      remote = find(internal, "[[TargetFunction]]");
    }
    return undefined;
  }

  /** True if the function is bound to an object, as its `this` or as an argument. */
  isBoundToObject(value: object): boolean {
    const internal = this.internals(this.remote(value));
    const list = find(internal, "[[BoundArgs]]");
    const bound = [find(internal, "[[BoundThis]]"), ...(list ? this.elementsOf(list) : [])];
    return bound.some((each) => each?.objectId !== undefined);
  }

  /** Variables that the function can see beside the global ones. */
  variablesOf(value: object): Map<string, unknown> {
    const variables = new Map<string, unknown>();
    const scopes = find(this.internals(this.remote(value)), "[[Scopes]]");
    if (scopes === undefined) return variables;
    this.post("Runtime.callFunctionOn", {
      objectId: scopes.objectId,
      functionDeclaration: "function () { value = this; }",
    });
    const list = this.shared.value as Scopes;
    for (let index = 0; index < list.length; index++) {
      const object = list[index]?.object;
      if (object === undefined || object === globalThis) continue;
      for (const name of Object.keys(object)) if (!variables.has(name)) variables.set(name, object[name]);
    }
    return variables;
  }

  /** The script of a module's file, of several the newest. */
  scriptOfFile(path: string): Script | undefined {
    const url = pathToFileURL(path).href;
    const id = [...this.urls].findLast(([, each]) => each === url || each === path)?.[0];
    return id === undefined ? undefined : this.scriptOf(id);
  }

  private placeAt({ scriptId, lineNumber, columnNumber }: Debugger.Location, text: string): FunctionPlace | undefined {
    const script = this.scriptOf(scriptId);
    const offset = script.text.lastIndexOf(text, offsetOf(script.text, lineNumber, columnNumber ?? 0));
    return offset < 0 ? undefined : { script, offset, text };
  }

  private scriptOf(scriptId: string): Script {
    const known = this.scripts.get(scriptId);
    if (known) return known;
    const { scriptSource } = this.post<Debugger.GetScriptSourceReturnType>("Debugger.getScriptSource", { scriptId });
    const script = { url: this.urls.get(scriptId) ?? "", text: scriptSource };
    this.scripts.set(scriptId, script);
    return script;
  }

  private remote(value: unknown): Runtime.RemoteObject {
    this.shared.value = value;
    const params = { contextId: this.contextId, expression: "value", objectGroup: "functions" };
    return this.post<Runtime.EvaluateReturnType>("Runtime.evaluate", params).result;
  }

  private internals({ objectId }: Runtime.RemoteObject): Runtime.InternalPropertyDescriptor[] {
    if (objectId === undefined) return [];
    const params = { objectId, ownProperties: true };
    const { internalProperties } = this.post<Runtime.GetPropertiesReturnType>("Runtime.getProperties", params);
    return internalProperties ?? [];
  }

  private elementsOf({ objectId }: Runtime.RemoteObject): (Runtime.RemoteObject | undefined)[] {
    const params = { objectId, ownProperties: true };
    const { result } = this.post<Runtime.GetPropertiesReturnType>("Runtime.getProperties", params);
    return result.filter(({ enumerable }) => enumerable).map(({ value }) => value);
  }

  /** A session of the own thread answers before `post` returns. */
  private post<Answer>(method: string, params?: object): Answer {
    let answer: unknown;
    this.session.post(method, params, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer as Answer;
  }
}

function find(properties: Runtime.InternalPropertyDescriptor[], name: string): Runtime.RemoteObject | undefined {
  return properties.find((property) => property.name === name)?.value;
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let index = 0; index < line; index++) start = text.indexOf("\n", start) + 1;
  return start + column;
}
