/** An import as it is watched: pushed by the live connection, asked for when that is silent. */
import { useCallback, useEffect, useState } from "react";
import type { ImportProgress } from "@/core/contracts";
import { isOpen } from "@/core/imports";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";

const POLL_MS = 2_000;
/** A running import that pushes nothing for so long is asked for. */
const SILENCE_MS = 6_000;

export interface Watched {
  readonly progress: ImportProgress | null;
  readonly problem: Problem | null;
  readonly way: "live" | "polled";
  readonly reload: () => void;
}

export function useWatchedImport(accountId: string): Watched {
  const { desk, imports, live } = useServices();
  const progress = useStore(imports.store).get(accountId) ?? null;
  const isLive = useStore(live.state) === "open";
  const [problem, setProblem] = useState<Problem | null>(null);
  const reload = useCallback(() => {
    desk
      .importProgress(accountId)
      .then((report) => {
        imports.report(report);
        setProblem(null);
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)));
  }, [desk, imports, accountId]);
  const isWaiting = !progress || isOpen(progress);
  useEffect(reload, [reload]);
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = setInterval(() => {
      if (!isLive || Date.now() - imports.pushedAtMs > SILENCE_MS) reload();
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [isWaiting, isLive, imports, reload]);
  return { progress, problem, way: isLive ? "live" : "polled", reload };
}
