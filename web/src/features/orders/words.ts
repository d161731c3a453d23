/** Words for orders' states, types and refusals, and how a size is typed. */
import type { Order, OrderState, OrderType } from "@/core/trading_contracts";
import type { Size } from "@/core/trading";
import type { Tone } from "@/shared/Mark";
import { decimal, isDecimal } from "@/shared/decimals";
import { divide } from "@/shared/arithmetic";

export const TYPE_WORDS: Readonly<Record<OrderType, string>> = {
  market: "Market",
  limit: "Limit",
  limit_maker: "Limit, maker only",
  stop_loss: "Stop",
  stop_loss_limit: "Stop limit",
  take_profit: "Take profit",
  take_profit_limit: "Take profit limit",
};

export const hasPrice = (type: OrderType): boolean => type.includes("limit");
export const hasStopPrice = (type: OrderType): boolean => type.startsWith("stop") || type.startsWith("take");

export const STATE_WORDS: Readonly<Record<OrderState, { readonly word: string; readonly tone: Tone; readonly title: string }>> = {
  intended: { word: "waiting", tone: "warn", title: "Kept, and not sent yet" },
  sent: { word: "sent", tone: "accent", title: "Handed to the venue; its answer is awaited" },
  unknown: { word: "unknown", tone: "warn", title: "The venue's answer was lost; the order is looked up and never sent again" },
  open: { word: "open", tone: "accent", title: "Stands in the venue's book" },
  partially_filled: { word: "partly filled", tone: "accent", title: "Stands in the venue's book, filled in part" },
  filled: { word: "filled", tone: "good", title: "Filled completely" },
  cancelled: { word: "cancelled", tone: "plain", title: "Taken out of the book" },
  rejected: { word: "rejected", tone: "bad", title: "Not placed" },
};

const OVER: readonly OrderState[] = ["filled", "cancelled", "rejected"];
export const isOver = ({ state }: Order): boolean => OVER.includes(state);

/** Who asked for the order, in a word. */
export function originOf({ adopted, reason }: Order): string {
  if (adopted) return "elsewhere";
  if (reason.startsWith("user:")) return "by hand";
  if (reason.startsWith("firing:")) return "rule";
  return reason.split(":", 1)[0] ?? reason;
}

/** What happened to an order, in a sentence without amounts. */
export function outcomeText({ side, instrument, state, message }: Order): string {
  const market = instrument.slice(instrument.indexOf(":") + 1);
  const what = `${side === "buy" ? "Buy" : "Sell"} order on ${market}`;
  if (state === "rejected" || state === "unknown") return `${what}: ${STATE_WORDS[state].word}. ${message ?? ""}`.trim();
  return `${what} ${STATE_WORDS[state].word}.`;
}

const PERCENT = decimal("100");

/** `0.5` of the base, `1000 USDT` or `$1000` of the quote, `25%` of what is free; null for what can't be meant. A comma is refused: it groups thousands here and begins a fraction there. */
export function sizeOf(typed: string, quote: string): Size | null {
  const text = typed.trim();
  const percent = /^([\d.]+)\s*%$/.exec(text)?.[1];
  if (percent !== undefined) return isDecimal(percent) && Number(percent) <= 100 ? { ratio: divide(decimal(percent), PERCENT) ?? undefined } : null;
  const value = /^\$\s*([\d.]+)$/.exec(text)?.[1] ?? /^([\d.]+)\s*([A-Za-z]+)$/.exec(text)?.[1];
  const asset = /^[\d.]+\s*([A-Za-z]+)$/.exec(text)?.[1];
  if (value !== undefined) return isDecimal(value) && (asset === undefined || asset.toUpperCase() === quote) ? { value } : null;
  return isDecimal(text) && !text.startsWith("-") ? { quantity: text } : null;
}
