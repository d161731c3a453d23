/** What the desk's codes about files mean for a person. */
import type { ImportFile, Role } from "@/core/files_contracts";
import type { Tone } from "@/shared/Mark";

export const FILE_STATES: Readonly<Record<ImportFile["state"], { readonly tone: Tone; readonly word: string }>> = {
  uploading: { tone: "warn", word: "not imported yet" },
  queued: { tone: "plain", word: "queued" },
  running: { tone: "accent", word: "importing" },
  done: { tone: "good", word: "imported" },
  failed: { tone: "bad", word: "failed" },
};

const REASONS: Readonly<Record<string, string>> = {
  "files.number_malformed": "a number can't be read",
  "files.number_ambiguous": "a number can be read in two ways",
  "files.instant_malformed": "the date can't be read",
  "files.instant_twice": "clocks showed this time twice",
  "files.instant_never": "clocks never showed this time",
  "files.asset_malformed": "the currency can't be read",
  "files.nothing_moved": "nothing moved",
  "files.kind_unknown": "the type is not known",
  "files.cells_missing": "a part of the event is missing",
  "files.sides_unclear": "in or out is not said",
  "files.not_completed": "it never completed",
  "files.within_account": "between wallets of one account",
  "files.empty_row": "an empty line",
  "files.label_ignored": "labelled as ignored",
  "files.source_precedes": "the venue's own history is taken instead",
};

export const reasonWords = (reason: string): string => REASONS[reason] ?? reason;

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  date: "Date and time",
  type: "Type",
  sent_amount: "Amount that went",
  sent_asset: "Currency that went",
  received_amount: "Amount that came",
  received_asset: "Currency that came",
  amount: "Amount (signed, or by type)",
  asset: "Currency of that amount",
  fee_amount: "Fee",
  fee_asset: "Currency of the fee",
  tx_hash: "Transaction hash",
  identity: "The file's own id",
  note: "Note",
};

export const KINDS = ["trade", "deposit", "withdrawal", "transfer", "reward", "interest", "airdrop", "funding", "realised_pnl", "fee", "loan", "adjustment"] as const;

const LOSSES: Readonly<Record<string, string>> = {
  entry: "left out: the format has no row for such an event",
  time: "fractions of the second are lost",
  kind: "the kind of event is lost",
  split: "written as several rows",
  legs: "which leg is what is lost",
  balances: "not all that moved can be said",
};

export const lossWords = (reason: string): string => LOSSES[reason] ?? reason;

export const megabytes = (bytes: number): string => (bytes < 100_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);
