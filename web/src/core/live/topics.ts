/** What one can listen to, and how the desk is asked for it. */

export type Topic =
  | { readonly name: "portfolio" }
  | { readonly name: "tickers"; readonly series?: readonly string[]; readonly patterns?: readonly string[] }
  | { readonly name: "candles"; readonly series: string; readonly resolution: string }
  | { readonly name: "feeds" }
  | { readonly name: "ledgerRecorded" }
  | { readonly name: "importProgress" }
  | { readonly name: "ruleSetStates" };

const ACCOUNT = "accountId label venue state value refreshedAt";
const ASSET = "asset quantity unproven value price pricedAt priceVerdict priceSources averageCost realisedPnl unrealisedPnl shareRatio";
const HOLDING = `accountId asset quantity reportedQuantity reportedAt difference unproven averageCost { amount asset } averageCostValue
  realisedPnl { amount asset } realisedPnlValue unrealisedPnlValue price pricedAt priceVerdict priceSources value foldedAt stale`;
const PROGRESS = `importId accountId state stage rowsRecorded rowsDuplicate rowsSkipped streamsDone streamsTotal progressRatio etaS
  queuedAt startedAt finishedAt errorCode errorMessage`;

const DOCUMENTS: Readonly<Record<Topic["name"], string>> = {
  portfolio: `subscription Portfolio { portfolio { number whole asOf baseAsset total { value complete pricedAt }
    accounts { ${ACCOUNT} } assets { ${ASSET} } holdings { ${HOLDING} } unpriced rates { asset rate } } }`,
  tickers: `subscription Tickers($series: [String!], $patterns: [String!]) { tickers(series: $series, patterns: $patterns) {
    rows { series last bid ask at receivedAt } } }`,
  candles: `subscription Candles($series: String!, $resolution: String!) { candles(series: $series, resolution: $resolution) {
    series resolution atMs open high low close volume closed } }`,
  feeds: "subscription Feeds { feeds { venue state since lastMessageAt note } }",
  ledgerRecorded: `subscription LedgerRecorded { ledgerRecorded { accountId count
    entries { entryId kind instrument occurredAt legs { role asset amount } } } }`,
  importProgress: `subscription ImportProgress { importProgress { ${PROGRESS} } }`,
  ruleSetStates: `subscription RuleSetStates { ruleSetStates { asOf items { ruleSetId version mode decision rules { name truth }
    distances { rule number what value threshold ratio at } trails { rule startedAt reference armAt armedAt best bestAt sellAt } } } }`,
};

/** The operation that asks for a topic. */
export function operationOf(topic: Topic): { readonly query: string; readonly variables: Record<string, unknown> } {
  const { name, ...variables } = topic;
  return { query: DOCUMENTS[name], variables };
}
