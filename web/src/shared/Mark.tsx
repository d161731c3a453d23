/** A small word with a meaning: the state of an account, a doubt about a figure. */
import type { ReactNode } from "react";
import styles from "./Mark.module.css";

export type Tone = "plain" | "good" | "warn" | "bad" | "accent";

export function Mark({ tone = "plain", title, children }: { readonly tone?: Tone; readonly title?: string; readonly children: ReactNode }) {
  return (
    <span className={`${styles["mark"]} ${styles[tone]}`} title={title}>
      {children}
    </span>
  );
}

/** A dot that says how something is; the word beside it says it too. */
export const Dot = ({ tone }: { readonly tone: Tone }) => <span className={`${styles["dot"]} ${styles[tone]}`} aria-hidden="true" />;
