/** What a key may do, in as many words as a table has room for; its card says the rest. */
import { Link } from "react-router";
import type { Account } from "@/core/contracts";
import { Mark, type Tone } from "@/shared/Mark";
import styles from "./accounts.module.css";

interface Power {
  readonly word: string;
  readonly tone: Tone;
}

export function powerOf({ permissions }: Pick<Account, "permissions">): Power {
  if (!permissions) return { word: "not known", tone: "plain" };
  if (permissions.may_withdraw) return { word: "may withdraw", tone: "bad" };
  if (permissions.may_trade) return { word: "may trade", tone: "warn" };
  return { word: "reads only", tone: "good" };
}

const ADDRESSES: readonly (readonly [boolean, string, Tone])[] = [
  [true, "listed addresses", "good"],
  [false, "any address", "plain"],
];

export function KeyBadge({ account }: { readonly account: Account }) {
  if (account.state === "manual") return <span className={styles["dim"]}>no key</span>;
  const { word, tone } = powerOf(account);
  const bound = ADDRESSES.find(([is]) => is === account.permissions?.ip_bound);
  return (
    <span className={styles["badge"]} data-testid="key-badge">
      <Link to={`/accounts/${account.account_id}/key`} aria-label={`Key of ${account.label}`}>
        <code className={styles["mono"]}>{account.key_hint ? `…${account.key_hint}` : "key"}</code>
      </Link>
      <Mark tone={tone}>{word}</Mark>
      {bound && <Mark tone={bound[2]}>{bound[1]}</Mark>}
    </span>
  );
}
