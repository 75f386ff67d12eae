import { once } from "node:events";
import { WebSocket } from "undici";

type Parameters = Record<string, unknown>;

/** A debugger that is attached to a process by the inspector's protocol, as an editor is. */
export class Debugger {
  private readonly heard: { method: string; params: Parameters }[] = [];
  private readonly waiting: { method: string; matches: (params: Parameters) => boolean; resolve: Resolve }[] = [];
  private readonly answers = new Map<number, { resolve: Resolve; reject: (error: Error) => void }>();
  private calls = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener("message", ({ data }) => this.hear(JSON.parse(String(data)) as Message));
  }

  static async attach(url: string): Promise<Debugger> {
    const socket = new WebSocket(url);
    await once(socket as never, "open");
    return new Debugger(socket);
  }

  call(method: string, params: Parameters = {}): Promise<Parameters> {
    const id = ++this.calls;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.answers.set(id, { resolve, reject }));
  }

  /** Resolves to the first event, heard or still to come, that matches. */
  event(method: string, matches: (params: Parameters) => boolean = () => true): Promise<Parameters> {
    const found = this.heard.find((each) => each.method === method && matches(each.params));
    if (found) return Promise.resolve(found.params);
    return new Promise((resolve) => this.waiting.push({ method, matches, resolve }));
  }

  close(): void {
    this.socket.close();
  }

  private hear({ id, method, params = {}, result = {}, error }: Message): void {
    if (id !== undefined) {
      const { resolve, reject } = this.answers.get(id)!;
      return error ? reject(new Error(error.message)) : resolve(result);
    }
    this.heard.push({ method: method!, params });
    const index = this.waiting.findIndex((each) => each.method === method && each.matches(params));
    if (index >= 0) this.waiting.splice(index, 1)[0]!.resolve(params);
  }
}

type Resolve = (params: Parameters) => void;

interface Message {
  id?: number;
  method?: string;
  params?: Parameters;
  result?: Parameters;
  error?: { message: string };
}
