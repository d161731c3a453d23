/** One series as bars with what the user put on them. Which, how long and which layout stands in the address. */
import { useLocation } from "react-router";
import { lazy, Suspense } from "react";
import { ChartWorkspace } from "@/features/chart/ChartWorkspace";
import { useAddress } from "@/features/chart/useAddress";
import { TableSkeleton } from "@/shared/Panel";

const SharedChart = lazy(() => import("@/features/chart/SharedChart"));

/** The token of a link that somebody shared. */
export const sharedToken = (hash: string): string | null => /^#share=([\w-]{43})$/.exec(hash)?.[1] ?? null;

export default function ChartPage() {
  const { hash } = useLocation();
  const { layout } = useAddress();
  const token = sharedToken(hash);
  if (token === null) return <ChartWorkspace key={layout} id={layout} />;
  return (
    <Suspense fallback={<TableSkeleton rows={8} columns={6} />}>
      <SharedChart key={token} token={token} />
    </Suspense>
  );
}
