/** Alerts, channels and signals, as typed calls and as what pages show. */
import { useCallback } from "react";
import * as z from "zod/mini";
import * as contracts from "@/core/alerts_contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

/** What a channel is reached by: it leaves the page once and never comes back. */
export type Address =
  | { readonly kind: "email"; readonly address: string }
  | { readonly kind: "telegram"; readonly bot_token: string; readonly chat_id: string }
  | { readonly kind: "discord"; readonly url: string }
  | { readonly kind: "webhook"; readonly url: string; readonly secret: string }
  | { readonly kind: "web_push"; readonly endpoint: string; readonly keys: { readonly p256dh: string; readonly auth: string } };

export interface NewChannel {
  readonly name: string;
  readonly address: Address;
  readonly takes_from: contracts.Severity;
  readonly only_escalated: boolean;
}

export interface ChannelChange {
  readonly name?: string;
  readonly takes_from?: contracts.Severity;
  readonly only_escalated?: boolean;
  readonly paused?: boolean;
}

export interface NewHook {
  readonly name: string;
  readonly stale_after_s: number;
  readonly stale_policy: "ignore" | "count";
}

const NOTHING = z.unknown();
export const ALERTS_EVERY_MS = 2_000;
const EVERY_MS = 3_000;
/** An old firing is looked for this far back. */
const PAGES_MAX = 10;
const SELDOM_MS = 10_000;
const at = (...parts: readonly string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join("");

export class Alerting {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  alerts(severity: string | null): Promise<contracts.AlertPage> {
    return this.#session.send({ path: "/alerts", query: { severity, limit: "100" }, answer: contracts.alert_page });
  }

  /** Pages back from the newest until what was raised before `since`. */
  async alertsOf(correlationId: string, since: string): Promise<readonly contracts.Alert[]> {
    const found: contracts.Alert[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const { items, next_cursor }: contracts.AlertPage = await this.#session.send({ path: "/alerts", query: { category: "rule", limit: "200", cursor }, answer: contracts.alert_page });
      found.push(...items.filter((alert) => alert.correlation_id === correlationId));
      const last = items.at(-1);
      if (next_cursor === null || !last || Date.parse(last.raised_at) < Date.parse(since)) break;
      cursor = next_cursor;
    }
    return found;
  }

  sendTest(severity: contracts.Severity, channelIds: readonly string[] = []): Promise<contracts.Alert> {
    return this.#session.send({ method: "POST", path: "/alerts/test", body: { severity, channel_ids: channelIds }, answer: contracts.alert });
  }

  acknowledge(alertId: string): Promise<contracts.Alert> {
    return this.#session.send({ method: "POST", path: at("alerts", alertId, "acknowledge"), body: {}, answer: contracts.alert });
  }

  async acknowledgeAll(): Promise<void> {
    await this.#session.send({ method: "POST", path: "/alerts/acknowledge", body: {}, answer: NOTHING });
  }

  channels(): Promise<readonly contracts.Channel[]> {
    return this.#session.send({ path: "/alert-channels", answer: contracts.channels }).then(({ items }) => items);
  }

  addChannel(wanted: NewChannel): Promise<contracts.Channel> {
    return this.#session.send({ method: "POST", path: "/alert-channels", body: wanted, answer: contracts.channel });
  }

  changeChannel(channelId: string, change: ChannelChange): Promise<contracts.Channel> {
    return this.#session.send({ method: "PATCH", path: at("alert-channels", channelId), body: change, answer: contracts.channel });
  }

  async removeChannel(channelId: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: at("alert-channels", channelId), answer: NOTHING });
  }

  testChannel(channelId: string): Promise<contracts.Channel> {
    return this.#session.send({ method: "POST", path: at("alert-channels", channelId, "test"), body: {}, answer: contracts.channel });
  }

  verifyChannel(channelId: string, code: string): Promise<contracts.Channel> {
    return this.#session.send({ method: "POST", path: at("alert-channels", channelId, "verify"), body: { code }, answer: contracts.channel });
  }

  pushKey(): Promise<string> {
    return this.#session.send({ path: "/alert-channels/push-key", answer: contracts.push_key }).then(({ public_key }) => public_key);
  }

  preferences(): Promise<contracts.AlertPreferences> {
    return this.#session.send({ path: "/alert-preferences", answer: contracts.alert_preferences });
  }

  choose(preferences: contracts.AlertPreferences): Promise<contracts.AlertPreferences> {
    return this.#session.send({ method: "PUT", path: "/alert-preferences", body: preferences, answer: contracts.alert_preferences });
  }

  hooks(): Promise<contracts.Hooks> {
    return this.#session.send({ path: "/signal-hooks", answer: contracts.hooks });
  }

  makeHook(wanted: NewHook): Promise<contracts.Hook> {
    return this.#session.send({ method: "POST", path: "/signal-hooks", body: wanted, answer: contracts.hook });
  }

  async removeHook(hookId: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: at("signal-hooks", hookId), answer: NOTHING });
  }

  signals(): Promise<readonly contracts.Signal[]> {
    return this.#session.send({ path: "/signals", query: { limit: "100" }, answer: contracts.signal_page }).then(({ items }) => items);
  }

  /** What stand-ins took; null where the desk does not run on one machine. */
  async outbox(): Promise<contracts.Outbox | null> {
    const response = await fetch("/local/outbox", { headers: { Authorization: `Bearer ${await this.#session.token()}` }, cache: "no-store" }).catch(() => null);
    if (!response?.ok || !response.headers.get("Content-Type")?.startsWith("application/json")) return null;
    const parsed = contracts.outbox.safeParse(await response.json().catch(() => null));
    return parsed.success ? parsed.data.items : null;
  }
}

export const alertsKey = (severity: string | null): string => `alerts:${severity ?? "all"}`;

export function useAlerts(severity: string | null) {
  const { alerting, resources } = useServices();
  const load = useCallback(() => alerting.alerts(severity), [alerting, severity]);
  return useResource(resources, alertsKey(severity), load, ALERTS_EVERY_MS);
}

/** What was said of one thing that happened, newest first: found by its correlation, among alerts since then. */
export function useAlertsOf(correlationId: string, since: string) {
  const { alerting, resources } = useServices();
  const load = useCallback(() => alerting.alertsOf(correlationId, since), [alerting, correlationId, since]);
  return useResource(resources, `alerts:of:${correlationId}`, load, ALERTS_EVERY_MS);
}

export function useChannels() {
  const { alerting, resources } = useServices();
  const load = useCallback(() => alerting.channels(), [alerting]);
  return useResource(resources, "alert-channels", load, SELDOM_MS);
}

export function useAlertPreferences() {
  const { alerting, resources } = useServices();
  const load = useCallback(() => alerting.preferences(), [alerting]);
  return useResource(resources, "alert-preferences", load);
}

export function useHooks() {
  const { alerting, resources } = useServices();
  const load = useCallback(() => alerting.hooks(), [alerting]);
  return useResource(resources, "signal-hooks", load, SELDOM_MS);
}

export function useSignals() {
  const { alerting, resources } = useServices();
  const load = useCallback(() => alerting.signals(), [alerting]);
  return useResource(resources, "signals", load, EVERY_MS);
}

export function useOutbox() {
  const { alerting, resources } = useServices();
  const load = useCallback(() => alerting.outbox(), [alerting]);
  return useResource(resources, "outbox", load, EVERY_MS);
}
