/** The frame before anything is known: it stands at the first paint. */
import { Logo } from "@/shared/Logo";
import { TableSkeleton } from "@/shared/Panel";
import styles from "./Frame.module.css";
import rail from "./Rail.module.css";

export function FrameSkeleton() {
  return (
    <div className={styles["frame"]} data-rail="open">
      <nav className={rail["rail"]} aria-label="Pages">
        <div className={rail["brand"]}>
          <Logo />
          <span>Nightdesk</span>
        </div>
      </nav>
      <main className={styles["page"]}>
        <TableSkeleton />
      </main>
    </div>
  );
}
