/** The newest known progress of every import, by whichever way it came. */
import type { ImportProgress } from "@/core/contracts";
import { Store } from "@/core/stores";

export const isOpen = (progress: ImportProgress): boolean => progress.state === "queued" || progress.state === "running";

const RANK = { queued: 0, running: 1, failed: 2, done: 2 } as const;
const rowsOf = (progress: ImportProgress): number => progress.rows_recorded + progress.rows_duplicate + progress.rows_skipped;

/** Which of two reports tells more of what happened: a late poll must not turn a live figure back. */
export function laterOf(known: ImportProgress | null | undefined, report: ImportProgress): ImportProgress {
  if (!known) return report;
  if (known.import_id !== report.import_id) return Date.parse(report.queued_at) >= Date.parse(known.queued_at) ? report : known;
  const ahead = RANK[report.state] - RANK[known.state] || rowsOf(report) - rowsOf(known) || report.progress_ratio - known.progress_ratio;
  return ahead >= 0 ? report : known;
}

export class Imports {
  readonly store = new Store<ReadonlyMap<string, ImportProgress>>(new Map());
  /** When something was last pushed, by wall time. */
  pushedAtMs = 0;
  readonly #onFinished: (progress: ImportProgress) => void;

  constructor(onFinished: (progress: ImportProgress) => void) {
    this.#onFinished = onFinished;
  }

  pushed(progress: readonly ImportProgress[]): void {
    this.pushedAtMs = Date.now();
    for (const each of progress) this.report(each);
  }

  report(progress: ImportProgress): void {
    const known = this.store.value.get(progress.account_id);
    const later = laterOf(known, progress);
    if (later === known) return;
    this.store.set(new Map(this.store.value).set(progress.account_id, later));
    if (known && isOpen(known) && !isOpen(later)) this.#onFinished(later);
  }

  clear(): void {
    this.store.set(new Map());
  }
}
