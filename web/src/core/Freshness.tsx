/** How fresh something is that the page asks for again and again: quiet while it is, and plain when it is not. */
import { useNow } from "@/core/clock";
import { Age } from "@/core/Figures";
import { useServices } from "@/core/services";
import { ageText } from "@/shared/instants";
import styles from "./Figures.module.css";

/** How old the last answer is. */
export function AnsweredAge({ resourceKey }: { readonly resourceKey: string }) {
  const { resources } = useServices();
  const answeredAtMs = resources.answeredAtMs(resourceKey);
  return answeredAtMs === null ? null : <Age at={new Date(answeredAtMs).toISOString()} />;
}

/** So many times the usual pause may pass before it is called stale. */
const PATIENCE = 4;
const LEAST_MS = 10_000;

/** Whether an answer is older than anybody should take for the present state. */
export const isLate = (answeredAtMs: number, nowMs: number, everyMs: number): boolean => nowMs - answeredAtMs > Math.max(LEAST_MS, PATIENCE * everyMs);

/** `resourceKey`: of what was asked; `everyMs`: how often it is asked. */
export function Freshness({ resourceKey, everyMs }: { readonly resourceKey: string; readonly everyMs: number }) {
  const { resources } = useServices();
  const now = useNow();
  const answeredAtMs = resources.answeredAtMs(resourceKey);
  if (answeredAtMs === null) return null;
  const isStale = isLate(answeredAtMs, now, everyMs);
  const age = ageText(new Date(answeredAtMs).toISOString(), Math.max(now, answeredAtMs));
  return (
    <span className={`${styles["fresh"]} ${isStale ? styles["late"] : ""}`} data-testid="freshness" data-stale={isStale} title={`Asked again every ${everyMs / 1000} s while this page is seen`}>
      {isStale ? `not refreshed for ${age}` : `every ${everyMs / 1000} s`}
    </span>
  );
}
