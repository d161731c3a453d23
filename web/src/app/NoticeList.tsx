/** What was just done, in a corner, read out politely. */
import { CloseButton } from "@mantine/core";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import styles from "./NoticeList.module.css";

export function NoticeList() {
  const { notices } = useServices();
  const shown = useStore(notices.store);
  return (
    <div className={styles["list"]} role="status" aria-live="polite">
      {shown.map(({ id, text, tone }) => (
        <div key={id} className={styles["notice"]} data-tone={tone}>
          <span>{text}</span>
          <CloseButton size="sm" aria-label="Dismiss" onClick={() => notices.dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
