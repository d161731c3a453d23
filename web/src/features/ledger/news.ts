/** Tells that the ledger grew, gently: an import records many times a second. */
import type { LedgerWatch } from "@/core/ledger_news";

const AT_MOST_EVERY_MS = 300;
/** The connection begins by asking to read the ledger; what was just read needs no second reading. */
const JUST_READ_MS = 3_000;

/** Calls back with how many entries are new, at most every 0.3 s and at once for the first. */
export function followNews(ledger: LedgerWatch, onNews: (count: number) => void): () => void {
  const startedAtMs = Date.now();
  let count = 0;
  let isDue = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    timer = undefined;
    if (!isDue) return;
    isDue = false;
    const fresh = count;
    count = 0;
    timer = setTimeout(tell, AT_MOST_EVERY_MS);
    onNews(fresh);
  };
  const stop = ledger.follow((news) => {
    if (news.count === 0 && Date.now() - startedAtMs < JUST_READ_MS) return;
    count += news.count;
    isDue = true;
    if (timer === undefined) tell();
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
