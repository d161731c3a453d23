/** Causes and repairs in plain words. */
import type { Action, Cause, Finding } from "@/core/books_contracts";
import type { Tone } from "@/shared/Mark";

export const CAUSE: Readonly<Record<Cause, { readonly name: string; readonly tone: Tone; readonly why: string }>> = {
  negative_balance: { name: "Less than nothing", tone: "bad", why: "More went out than had come in: something before this event is missing." },
  missing_acquisition: { name: "No purchase", tone: "warn", why: "This was given away for money, but nobody knows what it cost." },
  difference: { name: "Balance differs", tone: "bad", why: "The venue reports another balance than its history adds up to." },
  unmatched_transfer: { name: "Transfer alone", tone: "warn", why: "Nobody knows where this came from, or where it went." },
  contradicted: { name: "Told differently", tone: "warn", why: "The venue told this event again, and told it differently. What was booked first stands." },
  unknown_symbol: { name: "Unknown symbol", tone: "warn", why: "Nobody knows which asset this symbol means." },
  unreadable_row: { name: "Unreadable row", tone: "warn", why: "This row of the venue could not be booked." },
  gap: { name: "Gap", tone: "warn", why: "Between two known events something is missing." },
  history_horizon: { name: "History withheld", tone: "warn", why: "The venue tells no older history, so what was held before is not known." },
  key_failing: { name: "Key fails", tone: "bad", why: "The venue refuses the account's key: nothing new arrives." },
};

export const ACTION: Readonly<Record<Action, { readonly name: string; readonly what: string }>> = {
  record_deposit: { name: "Record a deposit", what: "Appends a deposit that no venue told." },
  record_withdrawal: { name: "Record a withdrawal", what: "Appends a withdrawal that no venue told." },
  opening_lot: { name: "Add an opening lot", what: "Appends what was held, and what it had cost." },
  accept_reported: { name: "Accept the venue's balance", what: "Appends an adjustment by the difference." },
  accept_told: { name: "Accept what was told last", what: "Reverses what is booked and books what was told." },
  link_transfer: { name: "Link the other side", what: "Says which movement of another account this is. Its cost goes along." },
  name_symbol: { name: "Say what it is", what: "Books the row as the asset that you name." },
  reimport: { name: "Import again", what: "Asks the venue for this account's history once more." },
  dismiss: { name: "Dismiss", what: "Changes nothing. It comes back if it is told differently." },
};

const STEPS: Readonly<Record<string, string>> = {
  raised: "Found",
  returned: "Came back",
  vanished: "Went away by itself",
  undone: "Taken back",
};

/** What happened to a finding, in words. */
export const stepWords = (what: string): string => STEPS[what] ?? (what in ACTION ? ACTION[what as Action].name : what);

export const byWords = (by: string): string => (by === "desk" ? "the desk" : "a person");

const textOf = (finding: Finding, name: string): string | null => {
  const value = finding.details[name];
  return typeof value === "string" ? value : null;
};

/** The one fact that tells this finding from others of its cause. */
export function gist(finding: Finding): string {
  switch (finding.cause) {
    case "difference":
    case "history_horizon":
      return `reported ${textOf(finding, "reported") ?? "?"}, derived ${textOf(finding, "derived") ?? "?"}`;
    case "negative_balance":
      return textOf(finding, "identity") ?? "";
    case "unmatched_transfer":
      return textOf(finding, "direction") === "out" ? "went out" : "came in";
    case "key_failing":
      return textOf(finding, "code") ?? "";
    case "unreadable_row":
    case "unknown_symbol":
      return textOf(finding, "reason") ?? "";
    default:
      return textOf(finding, "identity") ?? "";
  }
}

export const movementOf = (finding: Finding): string | null => textOf(finding, "movement_id");

/** How much is missing, as far as the finding knows. */
export const quantityOf = (finding: Finding): string => textOf(finding, "quantity") ?? finding.at_stake?.amount ?? "";
