/** How well each channel delivers: its state, how long it takes, and its canaries of the last day. */
import type { Alert, Canary, Channel } from "@/core/alerts_contracts";
import { Age, Instant } from "@/core/Figures";
import { canaryMs, percentile, tookMs } from "@/features/alerts/latency";
import { CHANNEL_STATE, KIND } from "@/features/alerts/words";
import { Dot } from "@/shared/Mark";
import { spanText } from "@/shared/latency";
import styles from "./alerts.module.css";

const SHOWN = 48;

const isNumber = (value: number | null): value is number => value !== null;

function toneOf(canary: Canary): string {
  if (canary.error_code) return "bad";
  return canary.delivered_at ? "good" : "plain";
}

function Canaries({ canaries, name }: { readonly canaries: readonly Canary[]; readonly name: string }) {
  const latest = canaries.slice(0, SHOWN).reverse();
  const failed = canaries.filter(({ error_code }) => error_code !== null).length;
  const text = `${canaries.length} canaries of ${name} in the last day, ${failed} failed`;
  return (
    <div className={styles["canaries"]} role="img" aria-label={text} title={text}>
      {latest.map((canary) => (
        <span key={canary.due_at} data-tone={toneOf(canary)} />
      ))}
    </div>
  );
}

function Card({ channel, alerts }: { readonly channel: Channel; readonly alerts: readonly Alert[] }) {
  const { tone, word } = CHANNEL_STATE[channel.state];
  const delays = alerts.flatMap((alert) => alert.deliveries.filter(({ channel_id }) => channel_id === channel.channel_id).map((each) => tookMs(alert, each)));
  const took = delays.filter(isNumber);
  const canaries = channel.canaries.map(canaryMs).filter(isNumber);
  const last = channel.canaries[0];
  return (
    <section className={styles["card"]} aria-label={channel.name} data-testid="channel-card">
      <header>
        <Dot tone={tone} />
        <strong>{channel.name}</strong>
        <span className={styles["nobody"]}>{KIND[channel.kind]}</span>
        <span className={styles["state"]} data-tone={tone}>
          {word}
        </span>
      </header>
      <dl>
        <div title="From raised to delivered, of the alerts below">
          <dt>p50</dt>
          <dd>{spanText(percentile(took, 0.5))}</dd>
        </div>
        <div title="From raised to delivered, of the alerts below">
          <dt>p95</dt>
          <dd>{spanText(percentile(took, 0.95))}</dd>
        </div>
        <div title="Canaries of the last day">
          <dt>canary p95</dt>
          <dd>{spanText(percentile(canaries, 0.95))}</dd>
        </div>
      </dl>
      {channel.canaries.length > 0 ? <Canaries canaries={channel.canaries} name={channel.name} /> : <p className={styles["nobody"]}>{channel.canary_every_s ? "no canary yet" : "no canaries"}</p>}
      <p className={styles["nobody"]}>
        {channel.failing_since ? (
          <>
            fails since <Instant at={channel.failing_since} /> <code>{channel.state_code}</code>
          </>
        ) : last ? (
          <>
            last canary <Age at={last.due_at} /> ago
          </>
        ) : (
          channel.hint
        )}
      </p>
    </section>
  );
}

export function Delays({ channels, alerts }: { readonly channels: readonly Channel[]; readonly alerts: readonly Alert[] }) {
  if (channels.length === 0) return null;
  return (
    <div className={styles["cards"]}>
      {channels.map((channel) => (
        <Card key={channel.channel_id} channel={channel} alerts={alerts} />
      ))}
    </div>
  );
}
