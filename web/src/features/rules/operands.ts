/** Operands: an expression of the desk's language as its picker shows it, and back. */
import { isDecimal } from "@/shared/decimals";

/** Of a coin: at how many dollars all of it is valued, and what its price would gain up to its highest. */
const COIN_METRICS = ["market_cap", "potential"] as const;
/** Which part of the value is in coins of one size. */
const SIZE_METRICS = ["mega_caps", "large_caps", "mid_caps", "small_caps", "micro_caps"] as const;
export const MARKET_METRICS = ["price", "bid", "ask", "spread", "staleness", ...COIN_METRICS] as const;
export const PORTFOLIO_METRICS = ["value", "drawdown", "pnl", "realised_pnl", "unrealised_pnl", "balance", "allocation", ...COIN_METRICS, ...SIZE_METRICS] as const;
export const OF_EVERYTHING: readonly string[] = ["drawdown", ...SIZE_METRICS];
export const NEEDS_ASSET: readonly string[] = ["balance", "allocation"];

export type Picked =
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "market"; readonly metric: string; readonly market: string }
  /** `of` is `PORTFOLIO:<id>` or `ACCOUNT:<id>`. */
  | { readonly kind: "portfolio"; readonly metric: string; readonly of: string; readonly asset: string }
  | { readonly kind: "indicator"; readonly name: string; readonly series: string; readonly resolution: string; readonly parameters: readonly string[]; readonly output: string }
  | { readonly kind: "text"; readonly text: string };

const MARKET = new RegExp(`^(${MARKET_METRICS.join("|")})\\(([^(),]+)\\)$`);
const PORTFOLIO = new RegExp(`^(${PORTFOLIO_METRICS.join("|")})\\(((?:PORTFOLIO|ACCOUNT):[^(),]+)(?:,\\s*([^(),]+))?\\)$`);
const INDICATOR = /^([A-Z][A-Z0-9_]*)\(([A-Z0-9_]+:[^(),]+),\s*(\d+[mhdwM])((?:,\s*[^(),=]+)*)\)(?:\.([a-z0-9_]+))?$/;

/** What an expression is, as far as a picker can say it; any other is a text. */
export function pickedOf(text: string): Picked {
  const plain = text.trim();
  if (plain === "" || isDecimal(plain)) return { kind: "number", text: plain };
  const market = MARKET.exec(plain);
  if (market?.[1] && market[2]) return { kind: "market", metric: market[1], market: market[2] };
  const portfolio = PORTFOLIO.exec(plain);
  if (portfolio?.[1] && portfolio[2]) return { kind: "portfolio", metric: portfolio[1], of: portfolio[2], asset: portfolio[3] ?? "" };
  const indicator = INDICATOR.exec(plain);
  if (indicator?.[1] && indicator[2] && indicator[3]) {
    const parameters = (indicator[4] ?? "").split(",").map((part) => part.trim());
    return { kind: "indicator", name: indicator[1], series: indicator[2], resolution: indicator[3], parameters: parameters.filter(Boolean), output: indicator[5] ?? "" };
  }
  return { kind: "text", text: plain };
}

/** The expression that a choice means. */
export function textOf(picked: Picked): string {
  switch (picked.kind) {
    case "number":
    case "text":
      return picked.text;
    case "market":
      return `${picked.metric}(${picked.market})`;
    case "portfolio":
      return `${picked.metric}(${[picked.of, ...(picked.asset ? [picked.asset] : [])].join(",")})`;
    case "indicator":
      return `${picked.name}(${[picked.series, picked.resolution, ...picked.parameters].join(",")})${picked.output && `.${picked.output}`}`;
  }
}
