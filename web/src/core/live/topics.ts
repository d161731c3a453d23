/** What one can listen to, and how the desk is asked for it. */

export type Topic =
  | { readonly name: "portfolio" }
  | { readonly name: "tickers"; readonly series?: readonly string[] }
  | { readonly name: "candles"; readonly series: string; readonly resolution: string }
  | { readonly name: "feeds" }
  | { readonly name: "ledgerRecorded" }
  | { readonly name: "importProgress" };

const ACCOUNT = "accountId label venue state value refreshedAt";
const ASSET = "asset quantity unproven value price pricedAt averageCost realisedPnl unrealisedPnl shareRatio";
const HOLDING = `accountId asset quantity reportedQuantity reportedAt difference unproven averageCost { amount asset } averageCostValue
  realisedPnl { amount asset } realisedPnlValue unrealisedPnlValue price pricedAt value foldedAt stale`;
const PROGRESS = `importId accountId state stage rowsRecorded rowsDuplicate rowsSkipped streamsDone streamsTotal progressRatio etaS
  queuedAt startedAt finishedAt errorCode errorMessage`;

const DOCUMENTS: Readonly<Record<Topic["name"], string>> = {
  portfolio: `subscription Portfolio { portfolio { number whole asOf baseAsset total { value complete pricedAt }
    accounts { ${ACCOUNT} } assets { ${ASSET} } holdings { ${HOLDING} } unpriced rates { asset rate } } }`,
  tickers: "subscription Tickers($series: [String!]) { tickers(series: $series) { rows { series last bid ask at receivedAt } } }",
  candles: `subscription Candles($series: String!, $resolution: String!) { candles(series: $series, resolution: $resolution) {
    series resolution atMs open high low close volume closed } }`,
  feeds: "subscription Feeds { feeds { venue state since lastMessageAt } }",
  ledgerRecorded: `subscription LedgerRecorded { ledgerRecorded { accountId count
    entries { entryId kind instrument occurredAt legs { role asset amount } } } }`,
  importProgress: `subscription ImportProgress { importProgress { ${PROGRESS} } }`,
};

/** The operation that asks for a topic. */
export function operationOf(topic: Topic): { readonly query: string; readonly variables: Record<string, unknown> } {
  const { name, ...variables } = topic;
  return { query: DOCUMENTS[name], variables };
}
