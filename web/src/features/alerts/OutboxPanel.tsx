/** What stand-ins took, where the desk runs on one machine: e-mails and messages to look at. */
import { useOutbox } from "@/core/alerting";
import { Age } from "@/core/Figures";
import { valueOf } from "@/core/resources";
import { Mark } from "@/shared/Mark";
import { Empty, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./alerts.module.css";

export function OutboxPanel() {
  const { resource } = useOutbox();
  const items = valueOf(resource);
  return (
    <Panel title="Local outbox" grow>
      {resource.kind === "loading" && <TableSkeleton rows={4} columns={3} />}
      {resource.kind !== "loading" && !items?.length && (
        <Empty title="Nothing left this machine">On one machine stand-ins answer for Telegram, Discord, push services and e-mail. What they were sent is shown here.</Empty>
      )}
      <ul className={styles["list"]} data-testid="outbox">
        {items?.map(({ at, channel, to, title, text, status }) => (
          <li key={`${at} ${channel}`} className={styles["mail"]}>
            <header>
              <Mark tone={status < 300 ? "good" : "bad"}>{status}</Mark>
              <strong>{title}</strong>
              <span className={styles["nobody"]}>
                {channel} {channel === "email" ? to : ""}
              </span>
              <Age at={at} />
            </header>
            {text && <pre>{text}</pre>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
