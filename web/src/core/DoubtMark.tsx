/** Says beside live values that they are no longer live, why, and since when. */
import { Age } from "@/core/Figures";
import type { Doubt } from "@/core/feeds";
import { Mark } from "@/shared/Mark";

export const DoubtMark = ({ doubt }: { readonly doubt: Doubt | null }) =>
  doubt && (
    <Mark tone="warn" title={doubt.why}>
      not live: <Age at={new Date(doubt.sinceMs).toISOString()} />
    </Mark>
  );
