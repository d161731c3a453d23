/** Cells of the ledger's table; a row on its way is drawn as a skeleton. */
import { Skeleton } from "@mantine/core";
import type { ICellRendererParams } from "ag-grid-community";
import type { Entry, Leg } from "@/core/contracts";
import { Amount, Instant } from "@/core/Figures";
import { sidesOf, whatHappened } from "@/features/ledger/legs";
import { Mark } from "@/shared/Mark";
import styles from "./ledger.module.css";

type Cell = ICellRendererParams<Entry>;

const Waiting = () => <Skeleton height={9} width="60%" radius={2} />;

/** Only what an entry is about has a colour: its price and fees are signed, and quiet. */
const LegAmount = ({ leg, toned = false }: { readonly leg: Leg | null | undefined; readonly toned?: boolean }) =>
  leg ? <Amount value={leg.amount} signed toned={toned} /> : null;
const LegAsset = ({ leg }: { readonly leg: Leg | null | undefined }) => (leg ? <span className={styles["asset"]}>{leg.asset}</span> : null);

export function What({ entry }: { readonly entry: Pick<Entry, "kind" | "legs"> }) {
  const what = whatHappened(entry);
  return <Mark tone={what === "buy" || what === "deposit" ? "good" : what === "sell" || what === "withdrawal" ? "bad" : "plain"}>{what}</Mark>;
}

export const TimeCell = ({ data }: Cell) => (data ? <Instant at={data.occurred_at} /> : <Waiting />);
export const WhatCell = ({ data }: Cell) => (data ? <What entry={data} /> : <Waiting />);
export const AmountCell = ({ data }: Cell) => (data ? <LegAmount leg={sidesOf(data).main} toned /> : <Waiting />);
export const AssetCell = ({ data }: Cell) => (data ? <LegAsset leg={sidesOf(data).main} /> : null);
export const QuoteCell = ({ data }: Cell) => (data ? <LegAmount leg={sidesOf(data).quote} /> : <Waiting />);
export const QuoteAssetCell = ({ data }: Cell) => (data ? <LegAsset leg={sidesOf(data).quote} /> : null);
export const FeeCell = ({ data }: Cell) => (data ? <LegAmount leg={sidesOf(data).fees[0]} /> : <Waiting />);
export const FeeAssetCell = ({ data }: Cell) =>
  data ? (
    <>
      <LegAsset leg={sidesOf(data).fees[0]} />
      {sidesOf(data).fees.length > 1 && <span className={styles["dim"]}> and more</span>}
    </>
  ) : null;
export const SequenceCell = ({ data }: Cell) => (data ? <span className={styles["dim"]}>{data.sequence}</span> : <Waiting />);
export const HashCell = ({ data }: Cell) => (data ? <code className={styles["hash"]}>{data.hash.slice(0, 12)}</code> : <Waiting />);
