/** What a key could do in the wrong hands. */
import type { Account } from "@/core/contracts";
import { Age } from "@/core/Figures";
import { Mark, type Tone } from "@/shared/Mark";
import styles from "./accounts.module.css";

interface Right {
  readonly name: string;
  readonly is: boolean | null | undefined;
  /** How it looks when it is so, and when it is not. */
  readonly tones: readonly [Tone, Tone];
  readonly words: readonly [string, string];
}

export function KeyCard({ account }: { readonly account: Account }) {
  const { permissions, key_hint: hint } = account;
  const rights: readonly Right[] = [
    { name: "Read", is: permissions?.may_read, tones: ["good", "bad"], words: ["may read", "may not read"] },
    { name: "Trade", is: permissions?.may_trade, tones: ["warn", "plain"], words: ["may trade", "may not trade"] },
    { name: "Withdraw", is: permissions?.may_withdraw, tones: ["bad", "good"], words: ["may withdraw", "may not withdraw"] },
    { name: "Addresses", is: permissions?.ip_bound, tones: ["good", "warn"], words: ["bound to addresses", "any address"] },
  ];
  return (
    <div className={styles["keyCard"]} data-testid="key-card">
      <span>
        Key <code className={styles["mono"]}>{hint ? `…${hint}` : "not known"}</code>
      </span>
      {rights.map(({ name, is, tones, words }) =>
        is === null || is === undefined ? (
          <Mark key={name} title="The venue does not say">
            {name}: not told
          </Mark>
        ) : (
          <Mark key={name} tone={is ? tones[0] : tones[1]}>
            {is ? words[0] : words[1]}
          </Mark>
        ),
      )}
      {permissions?.checked_at && <Age at={permissions.checked_at} prefix="checked " />}
    </div>
  );
}
