/** The frame of everything that is shown, and its four states. */
import { Button, Skeleton } from "@mantine/core";
import { type ReactNode, useId } from "react";
import styles from "./Panel.module.css";

interface PanelProps {
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly grow?: boolean;
  readonly testId?: string;
}

export function Panel({ title, actions, children, grow = false, testId }: PanelProps) {
  const id = useId();
  return (
    <section className={`${styles["panel"]} ${grow ? styles["grow"] : ""}`} aria-labelledby={id} data-testid={testId}>
      <header className={styles["header"]}>
        <h2 id={id}>{title}</h2>
        <div className={styles["actions"]}>{actions}</div>
      </header>
      <div className={styles["body"]}>{children}</div>
    </section>
  );
}

/** What is wrong, as far as a person and a support ticket need it. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
  readonly correlationId: string;
  readonly retryAfterS?: number | undefined;
}

/** Something failed: what, its code, the id to quote, and a way to try again. */
export function Failure({ fault, title, onRetry }: { readonly fault: Fault; readonly title?: string; readonly onRetry?: (() => void) | undefined }) {
  return (
    <div className={styles["failure"]} role="alert" data-testid="failure">
      <strong>{title ?? "This could not be shown"}</strong>
      <p>{fault.detail}</p>
      <p className={styles["codes"]}>
        <code>{fault.code}</code>
        {fault.correlationId && <code title="Quote this id when you ask for help">{fault.correlationId}</code>}
        {fault.retryAfterS !== undefined && <span>worth trying again in {Math.ceil(fault.retryAfterS)} s</span>}
      </p>
      {onRetry && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Shown above values that are the last known ones. */
export function StaleNote({ fault, age, onRetry }: { readonly fault: Fault; readonly age: ReactNode; readonly onRetry: () => void }) {
  return (
    <div className={styles["stale"]} role="status">
      <span>
        The desk does not answer (<code>{fault.code}</code>). Last known values{age ? <>, {age} old</> : null}.
      </span>
      <Button size="compact-xs" variant="default" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

/** Nothing is there yet, and what to do about it. */
export function Empty({ title, children, action }: { readonly title: string; readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className={styles["empty"]} data-testid="empty">
      <strong>{title}</strong>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** Rows of a table that is on its way. */
export function TableSkeleton({ rows = 12, columns = 8 }: { readonly rows?: number; readonly columns?: number }) {
  return (
    <div role="status" className={styles["skeleton"]}>
      <span className="hidden-text">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={styles["skeletonRow"]} aria-hidden="true">
          {Array.from({ length: columns }, (__, column) => (
            <Skeleton key={column} height={9} width={column === 0 ? "60%" : `${45 + ((row * 7 + column * 13) % 40)}%`} radius={2} />
          ))}
        </div>
      ))}
    </div>
  );
}
