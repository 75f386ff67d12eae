import { createHash } from "node:crypto";
import { expect } from "chai";
import { logIn } from "../../../cli/consoleProxy/logIn";
import { exitCodes } from "../../../cli/exitCodes";
import { type CannedAnswer, type CannedApi, startCannedApi } from "../../client/support";
import { rejection } from "../../local-cloud/support";
import { runCli, spawnCli } from "../support";

/** A text that looks like a token; its name is in it. */
const jwt = (name: string) => `e30.${Buffer.from(name).toString("base64url")}.c2ln`;

describe("batch-jobs console with a login", () => {
  let issuer: CannedApi;
  let api: CannedApi;
  let clock: number;
  let token: () => CannedAnswer;
  before(async () => {
    issuer = await startCannedApi(({ path }) => {
      if (path === "/token") return token();
      const url = issuer.url.replace(/\/$/, "");
      const endpoints = { authorization_endpoint: `${url}/authorize?tenant=a`, token_endpoint: `${url}/token` };
      return path.startsWith("/.well-known/") ? { body: { issuer: url, ...endpoints } } : { status: 404 };
    });
    api = await startCannedApi(() => ({ body: { status: "ok" } }));
  });
  beforeEach(() => {
    clock = 0;
    issuer.requests.length = api.requests.length = 0;
    token = () => ({ body: { access_token: jwt("first"), token_type: "bearer", expires_in: 600 } });
  });
  after(() => Promise.all([issuer.close(), api.close()]));

  /** Answer to the browser that the issuer sends back with these parameters, and the parameters of the login. */
  async function answer(login: string, parameters: Record<string, string>) {
    const asked = new URL(login).searchParams;
    const back = new URL(asked.get("redirect_uri")!);
    back.search = new URLSearchParams({ state: asked.get("state")!, ...parameters }).toString();
    const response = await fetch(back);
    return { status: response.status, text: await response.text(), asked };
  }

  /** Logs in as the browser does, which is sent back with these parameters. */
  async function loggedIn(parameters: Record<string, string> = { code: "the-code" }) {
    const said: ReturnType<typeof answer>[] = [];
    const login = {
      ...{ issuer: new URL(issuer.url), clientId: "batch-console", scope: "openid jobs", port: 0 },
      ...{ say: (url: string) => void said.push(answer(url, parameters)), now: () => clock },
    };
    const outcome = await logIn(login).catch((error: Error) => error);
    return { outcome, ...(await said[0]!) };
  }

  const form = () => Object.fromEntries(new URLSearchParams(issuer.requests.at(-1)!.text));

  it("asks by PKCE, and calls the API with the access token", async () => {
    const tried: Promise<unknown>[] = [];
    const args = ["--issuer", issuer.url, "--client-id", "batch-console", "--json"];
    const run = await spawnCli(["console", "--url", api.url, ...args], {
      onStart: (child) => {
        child.stderr!.once("data", (line: Buffer) => {
          tried.push(answer(/http\S+/.exec(line.toString())![0], { code: "the-code" }));
        });
        child.stdout!.once("data", () => child.kill("SIGINT"));
      },
    });
    expect(run.code).to.equal(exitCodes.ok);
    const { status, text, asked } = (await tried[0]) as Awaited<ReturnType<typeof answer>>;
    expect([status, text]).to.deep.equal([200, "You are logged in. The console's address is in the terminal."]);
    const { code_verifier: verifier, ...sent } = form();
    expect(sent).to.deep.equal({
      ...{ grant_type: "authorization_code", code: "the-code", client_id: "batch-console" },
      redirect_uri: asked.get("redirect_uri"),
    });
    expect(asked.get("redirect_uri")).to.match(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const challenge = createHash("sha256").update(verifier!).digest("base64url");
    expect(Object.fromEntries(asked)).to.include({
      ...{ tenant: "a", response_type: "code", scope: "openid", client_id: "batch-console" },
      ...{ code_challenge_method: "S256", code_challenge: challenge },
    });
    expect(api.requests.map(({ headers }) => headers.authorization)).to.deep.equal([`Bearer ${jwt("first")}`]);
    expect(run.stdout + run.stderr).not.to.include(jwt("first"));
  });

  it("refreshes the token before it ends, once for calls at the same time, with each token that it is given", async () => {
    token = () => ({
      body: { access_token: jwt("first"), token_type: "bearer", expires_in: 600, refresh_token: "refresh-1" },
    });
    const current = (await loggedIn()).outcome as () => Promise<string>;
    clock = 539_000;
    expect(await current()).to.equal(jwt("first"));
    token = () => ({
      body: { access_token: jwt("second"), token_type: "bearer", expires_in: 600, refresh_token: "refresh-2" },
    });
    clock = 541_000;
    const asked = issuer.requests.length;
    expect(await Promise.all([current(), current()])).to.deep.equal([jwt("second"), jwt("second")]);
    expect(issuer.requests.length - asked).to.equal(1);
    expect(form()).to.include({ grant_type: "refresh_token", refresh_token: "refresh-1" });
    token = () => ({ status: 400, body: { error: "invalid_grant", error_description: "Revoked" } });
    clock += 550_000;
    expect(await current(), "good for some seconds yet").to.equal(jwt("second"));
    expect(form()).to.include({ refresh_token: "refresh-2" });
    clock += 60_000;
    const error = await rejection(current());
    expect(error).to.include({ status: 401, code: "unauthorized" });
    expect(error.message).to.match(
      /^The login at 127\.0\.0\.1:\d+ has ended \(invalid_grant: Revoked\): start batch-jobs console again$/,
    );
  });

  it("says that a login has ended which can't be refreshed", async () => {
    const current = (await loggedIn()).outcome as () => Promise<string>;
    clock = 601_000;
    expect((await rejection(current())).message).to.include("has ended (it gave none to refresh it by)");
  });

  it("calls the API with the identity token if it can't read the access token", async () => {
    const seconds = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: issuer.url.replace(/\/$/, ""),
      aud: "batch-console",
      sub: "a",
      iat: seconds,
      exp: seconds + 60,
    };
    const [header, body] = [{ alg: "RS256" }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString("base64url"),
    );
    const identity = `${header}.${body}.c2ln`;
    token = () => ({ body: { access_token: "opaque", token_type: "bearer", id_token: identity } });
    const current = (await loggedIn()).outcome as () => Promise<string>;
    expect(await current()).to.equal(identity);
  });

  it("takes no answer but that to its own question", async () => {
    const said: Promise<unknown>[] = [];
    const say = (url: string) => {
      const strange = answer(url, { code: "other", state: "other" });
      said.push(strange.finally(() => answer(url, { code: "the-code" })));
    };
    await logIn({ issuer: new URL(issuer.url), clientId: "c", scope: "openid", port: 0, say });
    expect(await said[0]).to.include({ status: 400 });
    expect(form()).to.include({ code: "the-code" });
  });

  it("says in words that the person, the issuer's tokens or the issuer refuse, and that there is none", async () => {
    const refused = await loggedIn({ error: "access_denied", error_description: "No, thanks" });
    expect((refused.outcome as Error).message).to.equal("The login failed: access_denied: No, thanks");
    expect(refused).to.include({ status: 400, text: "The login failed: access_denied: No, thanks" });
    token = () => ({ status: 400, body: { error: "invalid_client" } });
    expect(((await loggedIn()).outcome as Error).message).to.equal("The login failed: invalid_client");
    const run = (url: string, ...more: string[]) => runCli(["console", "--url", api.url, "--issuer", url, ...more]);
    const none = await run(api.url, "--client-id", "c");
    expect([none.code, none.stdout]).to.deep.equal([exitCodes.failed, ""]);
    expect(none.stderr).to.match(/^✖ The issuer http:\S+ says nothing of logins: /);
    const far = await run("http://login.example.com", "--client-id", "c");
    expect(far.stderr).to.include("says nothing of logins: only requests to HTTPS are allowed");
    for (const args of [[], ["--client-id", "c", "--token", "t"]]) {
      expect((await run(issuer.url, ...args)).code).to.equal(exitCodes.usage);
    }
    expect((await run("login", "--client-id", "c")).code).to.equal(exitCodes.usage);
  });
});
