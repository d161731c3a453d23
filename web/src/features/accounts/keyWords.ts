/** What is said of keys: their rights, their tests, who used them. */
import type { KeyCard, KeyRight, RevokedKey } from "@/core/keys_contracts";
import type { Tone } from "@/shared/Mark";

export const RIGHT_WORDS: Readonly<Record<KeyRight["right"], string>> = {
  read: "See everything",
  trade: "Trade",
  withdraw: "Withdraw",
};

const UNTOLD: Readonly<Record<string, string>> = {
  "keys.no_harmless_probe": "This venue has no harmless request that would tell; what it says of the key must do.",
  "keys.never_tested": "Not tried out yet.",
  "venue.rate_limited": "The venue asked for a pause. Test again in a while.",
  "venue.unavailable": "The venue did not answer. Test again.",
};

const DANGER: Readonly<Record<KeyRight["right"], Tone>> = { read: "plain", trade: "warn", withdraw: "bad" };

interface Judged {
  readonly word: string;
  readonly tone: Tone;
}

/** Whether the key has the right, all told. */
export function judged({ right, may, said, verdict }: KeyRight): Judged {
  if (may) return { word: "yes", tone: DANGER[right] };
  if (verdict === "refused") return { word: "no, tried out", tone: "good" };
  return said === null ? { word: "not known", tone: "warn" } : { word: "no, says the venue", tone: "good" };
}

/** What trying it out showed, as a sentence. */
export function tried({ verdict, asked, code }: KeyRight): string {
  if (verdict === "untold") return UNTOLD[code ?? ""] ?? `Not told (${code ?? "no answer"}).`;
  return `${verdict === "allowed" ? "Let through" : "Refused"}: ${asked}`;
}

/** What a thief could do now, worst first, in whole sentences. */
export function threats({ rights, ip_bound, addresses, stored }: KeyCard): readonly string[] {
  if (stored?.destroyed_at) return ["Nothing with our copy: it is destroyed. At the venue the key lives until you delete it there."];
  const may = (right: KeyRight["right"]) => rights.some((each) => each.right === right && each.may);
  const told: string[] = [];
  if (may("withdraw")) told.push("Take the money out.");
  else if (may("trade")) told.push("Not take the money out, but lose it by trading: buying dear and selling cheap against another account.");
  else told.push("Neither take the money out nor trade.");
  if (may("read")) told.push("See every balance, trade and movement.");
  if (ip_bound) told.push(addresses.length > 0 ? `Only from ${addresses.join(", ")}.` : "Only from the addresses listed at the venue.");
  else told.push(ip_bound === null ? "From anywhere, as far as the venue tells." : "From any address in the world.");
  return told;
}

export const operationWords = (operation: string): string => operation.replaceAll("_", " ");

/** How long something took, as a stopwatch shows it. */
export function stopwatchText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = (ms - minutes * 60_000) / 1000;
  return `${minutes}:${seconds.toFixed(1).padStart(4, "0")}`;
}

export function fateOf({ destroyed, code }: RevokedKey, mode: "drill" | "real"): Judged {
  if (code) return { word: code, tone: "bad" };
  if (destroyed) return { word: "destroyed", tone: "good" };
  return mode === "drill" ? { word: "would be destroyed", tone: "plain" } : { word: "was gone already", tone: "plain" };
}

export const STEP_WORDS: Readonly<Record<string, string>> = {
  halt: "Trading halted, open orders cancelled",
  keys: "Keys",
  imports: "Imports stopped, accounts marked",
};

export const CODE_ADVICE: Readonly<Record<string, string>> = {
  "accounts.key_of_another_account": "The venue names another account for this key. If it is yours too, connect it as an account of its own.",
  "accounts.key_owner_unknown": "The venue does not tell whose key this is, so the desk cannot rule out a mix-up. Tick the box if you are sure.",
};

/** Which key wraps the one that the key is sealed with: short, its title says it whole. */
export const wrapperText = (source: string): string => {
  const [kind, ...rest] = source.split(":");
  return `${kind === "kms" ? "KMS" : "key file"} …${rest.join(":").slice(-8)}`;
};
