/** The flight recorder of a firing: each hop with what it took, and the alerts that told of it. */
import { Link } from "react-router";
import { useChannels } from "@/core/alerting";
import type { Alert, Delivery } from "@/core/alerts_contracts";
import { useDisplay } from "@/core/display";
import { valueOf } from "@/core/resources";
import { heardMs, wholeOf } from "@/features/rules/hops";
import { exactInstantText } from "@/shared/instants";
import { type Hop, spanText } from "@/shared/latency";
import { Dot, type Tone } from "@/shared/Mark";
import styles from "./rules.module.css";

export function HopList({ hops }: { readonly hops: readonly Hop[] }) {
  const { zone } = useDisplay();
  const whole = wholeOf(hops);
  return (
    <div data-testid="hops">
      <ol className={styles["hops"]} aria-label="Hops">
        {hops.map(({ name, note, at, tookMs }) => (
          <li key={name} title={note}>
            <span>{name}</span>
            <time dateTime={at} title={exactInstantText(at, zone)}>
              {exactInstantText(at, zone).slice(11, 23)}
            </time>
            <span className={styles["took"]}>{tookMs === null ? "" : `+${spanText(tookMs)}`}</span>
          </li>
        ))}
      </ol>
      {whole && (
        <p className={styles["dim"]}>
          {whole.from} to {whole.to.toLowerCase()}: {spanText(whole.ms)}.
        </p>
      )}
    </div>
  );
}

const TONES: Readonly<Record<Delivery["state"], Tone>> = { delivered: "good", failed: "bad", waiting: "plain", sending: "plain" };
const WORDS: Readonly<Record<Delivery["state"], string>> = { delivered: "delivered", failed: "failed", waiting: "waits", sending: "is on its way" };

function DeliveryItem({ alert, delivery, name }: { readonly alert: Alert; readonly delivery: Delivery; readonly name: string }) {
  const took = heardMs(alert, delivery.delivered_at);
  return (
    <li data-testid="heard">
      <Dot tone={delivery.lost_at === null ? TONES[delivery.state] : "bad"} /> {name}: {WORDS[delivery.state]}
      {took !== null && <> after {spanText(took)}</>}
      {delivery.lost_at !== null && <span className={styles["warn"]}> not in time</span>}
      {delivery.error_code && <code> {delivery.error_code}</code>}
    </li>
  );
}

export function Heard({ alerts }: { readonly alerts: readonly Alert[] }) {
  const channels = new Map(valueOf(useChannels().resource)?.map(({ channel_id, name }) => [channel_id, name]));
  if (alerts.length === 0) return <p className={styles["dim"]}>No alert told of it.</p>;
  return (
    <ul className={styles["heard"]}>
      {alerts.map((alert) => (
        <li key={alert.alert_id}>
          <Link to={`/alerts?alert=${alert.alert_id}`}>{alert.title}</Link> <span className={styles["dim"]}>{alert.text}</span>
          <ul>
            {alert.deliveries.length === 0 && <li className={styles["dim"]}>on the page of alerts only</li>}
            {alert.deliveries.map((delivery) => (
              <DeliveryItem key={delivery.delivery_id} alert={alert} delivery={delivery} name={channels.get(delivery.channel_id) ?? "a removed channel"} />
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}
