/** What an order would do, asked again a moment after it was changed and every few seconds. */
import { useEffect, useState } from "react";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import type { Size, Wanted } from "@/core/trading";
import type { Preview } from "@/core/trading_contracts";

const PAUSE_MS = 200;
const EVERY_MS = 4_000;

export type Previewed =
  | { readonly kind: "none" }
  | { readonly kind: "asking" }
  | { readonly kind: "ready"; readonly preview: Preview; readonly of: string }
  | { readonly kind: "failed"; readonly problem: Problem; readonly of: string };

const NONE = { kind: "none" } as const;

/** `wanted` and `size` by their content; null asks nothing. */
export function usePreview(wanted: Wanted | null, size: Size | null): Previewed {
  const { trading } = useServices();
  const [previewed, setPreviewed] = useState<Previewed>(NONE);
  const asked = wanted && size ? JSON.stringify([wanted, size]) : null;
  useEffect(() => {
    if (asked === null) return undefined;
    const [order, amount] = JSON.parse(asked) as [Wanted, Size];
    const stop = new AbortController();
    const ask = () => {
      if (document.hidden) return;
      trading.preview(order, amount, stop.signal).then(
        (preview) => setPreviewed({ kind: "ready", preview, of: asked }),
        (thrown: unknown) => stop.signal.aborted || setPreviewed({ kind: "failed", problem: problemOf(thrown), of: asked }),
      );
    };
    const first = setTimeout(ask, PAUSE_MS);
    const timer = setInterval(ask, EVERY_MS);
    return () => {
      stop.abort();
      clearTimeout(first);
      clearInterval(timer);
      setPreviewed(NONE);
    };
  }, [asked, trading]);
  if (asked === null) return NONE;
  return "of" in previewed && previewed.of !== asked ? { kind: "asking" } : previewed;
}
