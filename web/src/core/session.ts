/** Who is signed in. The access token lives in this object's memory and nowhere else. */
import * as z from "zod/mini";
import * as contracts from "@/core/contracts";
import { type Call, send } from "@/core/http";
import { Problem, problemOf } from "@/core/problems";
import { Store } from "@/core/stores";

export type SessionState =
  | { readonly kind: "starting" }
  | { readonly kind: "signed_out"; readonly reason: "never" | "left" | "ended" }
  | { readonly kind: "unreachable"; readonly problem: Problem }
  | { readonly kind: "signed_in"; readonly user: contracts.User };

/** The token is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000;
const RETRY_MS = 5_000;
/** setTimeout counts in 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Says only that this browser may hold a session's cookie, which no script can see: without it nothing is asked. */
const HINT = "nightdesk.session";

const NOTHING = z.unknown();

export class SessionKeeper {
  readonly state = new Store<SessionState>({ kind: "starting" });
  #token: string | null = null;
  #expiresAtMs = 0;
  #renewal: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #otherTabs: BroadcastChannel | null;
  readonly #storage: Storage;

  constructor(storage: Storage, otherTabs: BroadcastChannel | null = null) {
    this.#storage = storage;
    this.#otherTabs = otherTabs;
    otherTabs?.addEventListener("message", () => this.#forget("left"));
  }

  /** Continues the session that the HttpOnly cookie stands for, if there is one. */
  async start(): Promise<void> {
    if (this.#storage.getItem(HINT) === null) return this.state.set({ kind: "signed_out", reason: "never" });
    this.state.set({ kind: "starting" });
    try {
      await this.renew();
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.isOutage) this.state.set({ kind: "unreachable", problem });
      else this.#forget("ended");
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    this.#accept(await send({ method: "POST", path: "/session", body: { email, password }, answer: contracts.session }));
  }

  /** Ends the session here, at the desk and in every other tab. */
  async signOut(): Promise<void> {
    const token = this.#token;
    this.#forget("left");
    this.#otherTabs?.postMessage("signed out");
    await send({ method: "DELETE", path: "/session", answer: NOTHING, token });
  }

  /** Renews the token; calls at the same time share one request. */
  async renew(): Promise<void> {
    this.#renewal ??= send({ method: "POST", path: "/session/refresh", answer: contracts.session })
      .then((session) => this.#accept(session))
      .finally(() => (this.#renewal = null));
    await this.#renewal;
  }

  /** A token that holds for a while yet. */
  async token(): Promise<string> {
    if (!this.#token || Date.now() > this.#expiresAtMs - RENEW_BEFORE_MS / 2) await this.#renewOrEnd();
    return this.#token ?? "";
  }

  /** Sends a request as the signed-in user; a refused token is renewed once. */
  async send<Answer>(call: Omit<Call<Answer>, "token">): Promise<Answer> {
    const token = await this.token();
    try {
      return await send({ ...call, token });
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.status !== 401) throw thrown;
      if (this.#token === token) await this.#renewOrEnd();
      return await send({ ...call, token: this.#token });
    }
  }

  /** Somebody refused the token before its time: the next use renews it first. */
  distrustToken(): void {
    this.#expiresAtMs = 0;
  }

  setUser(user: contracts.User): void {
    if (this.state.value.kind === "signed_in") this.state.set({ kind: "signed_in", user });
  }

  async #renewOrEnd(): Promise<void> {
    try {
      await this.renew();
    } catch (thrown) {
      if (!problemOf(thrown).isOutage) this.#forget("ended");
      throw thrown;
    }
  }

  #accept(session: contracts.Session): void {
    this.#token = session.access_token;
    this.#expiresAtMs = Date.parse(session.expires_at);
    this.#schedule(Math.max(this.#expiresAtMs - Date.now() - RENEW_BEFORE_MS, RETRY_MS));
    this.#storage.setItem(HINT, "1");
    this.state.set({ kind: "signed_in", user: session.user });
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#renewOrEnd().catch(() => {
        if (this.state.value.kind === "signed_in") this.#schedule(RETRY_MS);
      });
    }, Math.min(delayMs, LONGEST_TIMER_MS));
  }

  #forget(reason: "left" | "ended"): void {
    clearTimeout(this.#timer);
    this.#token = null;
    this.#storage.removeItem(HINT);
    this.state.set({ kind: "signed_out", reason });
  }
}
