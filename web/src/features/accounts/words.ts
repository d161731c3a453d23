/** What the desk's codes mean for the person who connects an account. */
import type { Tone } from "@/shared/Mark";
import type { Account, ImportProgress } from "@/core/contracts";

export const ACCOUNT_STATES: Readonly<Record<Account["state"], { readonly tone: Tone; readonly word: string }>> = {
  checking: { tone: "accent", word: "checking the key" },
  active: { tone: "good", word: "active" },
  failing: { tone: "bad", word: "failing" },
  disconnected: { tone: "plain", word: "disconnected" },
  manual: { tone: "plain", word: "fed by files" },
};

export const IMPORT_STATES: Readonly<Record<ImportProgress["state"], { readonly tone: Tone; readonly word: string }>> = {
  queued: { tone: "plain", word: "queued" },
  running: { tone: "accent", word: "importing" },
  done: { tone: "good", word: "complete" },
  failed: { tone: "bad", word: "failed" },
};

const ADVICE: Readonly<Record<string, string>> = {
  "accounts.key_wrong": "The venue does not know this key, or the secret does not belong to it. Copy both again; secrets are shown only once at the venue.",
  "accounts.key_may_withdraw": "This key may withdraw funds. Make one at the venue that may only read (and trade, if rules shall act), and connect that.",
  "accounts.key_cannot_read": "This key may not read the account. Allow reading for it at the venue.",
  "accounts.already_connected": "This key is connected already: see the list of accounts.",
  "accounts.venue_unknown": "The desk does not know this venue.",
  "venue.unavailable": "The venue does not answer right now. Nothing was stored; try again.",
  "venue.rate_limited": "The venue asks for a pause. Try again in a while.",
  "venue.banned": "The venue has blocked this address for a while. Wait before trying again.",
  "venue.clock_skew": "The clocks of the desk and the venue differ too much.",
};

interface Need {
  readonly label: string;
  readonly description?: string;
}

const NEEDS: Readonly<Record<string, Need>> = {
  key: { label: "Key" },
  secret: { label: "Secret" },
  key_name: { label: "Key name", description: "As in organizations/…/apiKeys/…" },
  private_key: { label: "Private key", description: "Paste it whole, with its BEGIN and END lines" },
};

/** What a field is called that a venue wants. */
export const wordsOfNeed = (need: string): Need => NEEDS[need] ?? { label: need };

/** A venue's name, also within a sentence. */
export const venueName = (venue: string): string => (venue === "htx" ? "HTX" : venue.charAt(0).toUpperCase() + venue.slice(1));

/** What to do about an error of this code, beyond what the desk says. */
export const adviceFor = (code: string): string | null => ADVICE[code] ?? null;
