/** Says beside a total that it is not proven: between what and what it lies, and where that is explained. */
import { Link } from "react-router";
import type { Range } from "@/core/books_contracts";
import { Value } from "@/core/Figures";
import { compare } from "@/shared/decimals";
import { Mark } from "@/shared/Mark";

export function NotProven({ range, doubts, prices = 0 }: { readonly range: Range | undefined; readonly doubts: number; readonly prices?: number }) {
  if (!range || compare(range.low, range.high) === 0) return null;
  return (
    <span data-testid="not-proven">
      <Link to={doubts ? "/inbox" : "/portfolio/valuation"}>
        <Mark tone="warn" title={`${doubts} open ${doubts === 1 ? "doubt" : "doubts"} in the inbox${prices ? `, ${prices} of the prices not confirmed` : ""}`}>
          not proven
        </Mark>
      </Link>{" "}
      <Value value={range.low} unit /> … <Value value={range.high} unit />
    </span>
  );
}
