/** The flight recorder: each hop of one alert on one channel, as long as it took. */
import type { Alert, Delivery } from "@/core/alerts_contracts";
import { useDisplay } from "@/core/display";
import { hopsOf } from "@/features/alerts/latency";
import { outcomeOf } from "@/features/alerts/words";
import { Mark } from "@/shared/Mark";
import { exactInstantText } from "@/shared/instants";
import { spanText } from "@/shared/latency";
import styles from "./alerts.module.css";

const LEAST_PERCENT = 1.5;

export function Recorder({ alert, delivery, name }: { readonly alert: Alert; readonly delivery: Delivery; readonly name: string }) {
  const { zone } = useDisplay();
  const hops = hopsOf(alert, delivery);
  const timed = hops.filter(({ tookMs }) => tookMs !== null);
  const total = timed.reduce((sum, { tookMs }) => sum + (tookMs ?? 0), 0);
  const { tone, word } = outcomeOf(delivery);
  return (
    <section className={styles["recorder"]} aria-label={`Way to ${name}`} data-testid="recorder">
      <header>
        <strong>{name}</strong>
        <Mark tone={tone}>{word}</Mark>
        {delivery.escalated && <Mark tone="warn">escalated</Mark>}
        {delivery.attempts > 1 && <span className={styles["nobody"]}>{delivery.attempts} attempts</span>}
        <span className={styles["total"]}>{spanText(total)}</span>
      </header>
      <div className={styles["track"]} aria-hidden="true">
        {timed.map(({ name: hop, tookMs }, index) => (
          <span key={hop} data-shade={index % 2} title={`${hop}: ${spanText(tookMs)}`} style={{ flexGrow: Math.max(tookMs ?? 0, (total * LEAST_PERCENT) / 100) }} />
        ))}
      </div>
      <ol className={styles["hops"]}>
        {hops.map(({ name: hop, note, at, tookMs }) => (
          <li key={hop} title={note}>
            <span>{hop}</span>
            <time dateTime={at} title={exactInstantText(at, zone)}>
              {exactInstantText(at, zone).slice(11, 23)}
            </time>
            <span className={styles["took"]}>{tookMs === null ? "" : `+${spanText(tookMs)}`}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
