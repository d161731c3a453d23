/** The newest known progress of every import, by whichever way it came. */
import * as z from "zod";
import { type ImportProgress, import_progress } from "@/core/contracts";
import { Store } from "@/core/stores";

export const IMPORT_PROGRESS = /* GraphQL */ `
  subscription ImportProgress {
    importProgress {
      importId
      accountId
      state
      stage
      rowsRecorded
      rowsDuplicate
      rowsSkipped
      streamsDone
      streamsTotal
      progressRatio
      etaS
      queuedAt
      startedAt
      finishedAt
      errorCode
      errorMessage
    }
  }
`;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const pushed = z.object({
  importProgress: z
    .record(z.string(), z.unknown())
    .transform((fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [snake(name), value])))
    .pipe(import_progress),
});

/** The progress in a pushed message, or null when it is none. */
export function parsePushed(data: unknown): ImportProgress | null {
  const parsed = pushed.safeParse(data);
  return parsed.success ? parsed.data.importProgress : null;
}

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

  pushed(data: unknown): void {
    const progress = parsePushed(data);
    if (!progress) return;
    this.pushedAtMs = Date.now();
    this.report(progress);
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
