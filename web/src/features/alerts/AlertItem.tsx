/** One alert: what it says, by which channels it left, and on demand every hop of its way. */
import { Button } from "@mantine/core";
import { Link } from "react-router";
import type { Alert, Channel, Delivery } from "@/core/alerts_contracts";
import { Age } from "@/core/Figures";
import { Recorder } from "@/features/alerts/Recorder";
import { tookMs } from "@/features/alerts/latency";
import { CATEGORY, outcomeOf, SEVERITY } from "@/features/alerts/words";
import { Dot, Mark } from "@/shared/Mark";
import { spanText } from "@/shared/latency";
import styles from "./alerts.module.css";

interface Props {
  readonly alert: Alert;
  /** Null while they are not known yet. */
  readonly channels: ReadonlyMap<string, Channel> | null;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onAcknowledge: () => void;
}

function Chip({ alert, delivery, name }: { readonly alert: Alert; readonly delivery: Delivery; readonly name: string }) {
  const { tone, word } = outcomeOf(delivery);
  const took = tookMs(alert, delivery);
  return (
    <span className={styles["chip"]} title={`${name}: ${word}`}>
      <Dot tone={tone} />
      {name}
      {took !== null && <span className={styles["took"]}>{spanText(took)}</span>}
      <span className="hidden-text">{word}</span>
    </span>
  );
}

export function AlertItem({ alert, channels, isOpen, onToggle, onAcknowledge }: Props) {
  const { tone, word } = SEVERITY[alert.severity];
  const nameOf = (delivery: Delivery) => channels === null ? "…" : (channels.get(delivery.channel_id)?.name ?? "a removed channel");
  return (
    <li className={styles["alert"]} data-severity={alert.severity} data-seen={alert.acknowledged_at !== null} data-testid="alert-row">
      <div className={styles["line"]}>
        <button type="button" className={styles["toggle"]} aria-expanded={isOpen} onClick={onToggle}>
          <Mark tone={tone}>{word}</Mark>
          <strong>{alert.title}</strong>
          <span className={styles["category"]}>{CATEGORY[alert.category]}</span>
        </button>
        <span className={styles["chips"]}>
          {alert.deliveries.map((delivery) => (
            <Chip key={delivery.delivery_id} alert={alert} delivery={delivery} name={nameOf(delivery)} />
          ))}
          {alert.deliveries.length === 0 && <span className={styles["nobody"]}>on this page only</span>}
        </span>
        <Age at={alert.raised_at} />
      </div>
      {isOpen && (
        <div className={styles["detail"]}>
          {alert.text && <p>{alert.text}</p>}
          {Object.keys(alert.facts).length > 0 && (
            <dl className={styles["facts"]}>
              {Object.entries(alert.facts).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value || "—"}</dd>
                </div>
              ))}
            </dl>
          )}
          {alert.deliveries.map((delivery) => (
            <Recorder key={delivery.delivery_id} alert={alert} delivery={delivery} name={nameOf(delivery)} />
          ))}
          <div className={styles["buttons"]}>
            {alert.acknowledged_at === null ? (
              <Button size="compact-xs" variant="default" onClick={onAcknowledge}>
                Acknowledge
              </Button>
            ) : (
              <span className={styles["nobody"]}>
                acknowledged <Age at={alert.acknowledged_at} /> ago
              </span>
            )}
            {alert.link && alert.link !== "/alerts" && <Link to={alert.link}>What it is about</Link>}
            <code>{alert.correlation_id}</code>
          </div>
        </div>
      )}
    </li>
  );
}
