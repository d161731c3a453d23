/** What of the user's own belongs on a market's chart: fills, open orders, the average cost, own points. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { DrawnPoints } from "@/core/chart_contracts";
import { drawnPoints, useChartDesk } from "@/core/chart_desk";
import type { Level } from "@/charts/levels";
import { isPortfolioSeries } from "@/core/candles";
import { useDisplay } from "@/core/display";
import { type Fill, readFills } from "@/core/fills";
import { usePortfolio } from "@/core/queries";
import { useResource, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useOrders } from "@/core/trading";
import type { Order } from "@/core/trading_contracts";

const NO_FILLS: readonly Fill[] = [];

/** Base and quote of `BINANCE:BTC/USDT`. */
export function assetsOf(series: string): readonly [string, string] {
  const [base = "", quote = ""] = series.slice(series.indexOf(":") + 1).split(/[/:]/);
  return [base, quote];
}

/** The user's fills of the series, newest with every fill that is recorded. */
export function useFillsOf(series: string, isWanted: boolean): readonly Fill[] {
  const { desk, resources, ledger } = useServices();
  const isMarket = isWanted && !isPortfolioSeries(series);
  const load = useCallback(() => (isMarket ? readFills(desk, series) : Promise.resolve(NO_FILLS)), [desk, series, isMarket]);
  useEffect(
    () =>
      ledger.follow(({ entries }) => {
        if (entries.length === 0 || entries.some(({ instrument }) => instrument === series)) resources.refresh(`fills:${series}`);
      }),
    [ledger, resources, series],
  );
  return valueOf(useResource(resources, `fills:${series}:${isMarket}`, load).resource) ?? NO_FILLS;
}

/** An order as a line: its amount only where it may be seen. */
function orderLevel({ side, type, quantity, filled, price, stop_price }: Order, masked: boolean): Level[] {
  const what = `${side === "buy" ? "Buy" : "Sell"} ${type.replaceAll("_", " ")}`;
  const amount = masked ? "" : ` ${quantity}${Number(filled) > 0 ? ` (${filled} filled)` : ""}`;
  const lines = [...new Set([price, stop_price].filter((each) => each !== null))];
  return lines.map((each) => ({ price: Number(each), text: `${what}${each === stop_price && price !== null ? " stop" : ""}${amount}`, tone: side }));
}

/** Open orders and stops of the series, and what the user's units of its base cost on average. */
export function useLevels(series: string, isWanted: boolean): readonly Level[] {
  const { masked } = useDisplay();
  const orders = valueOf(useOrders(true).resource)?.items;
  const portfolio = valueOf(usePortfolio().resource);
  const [base, quote] = assetsOf(series);
  const cost = portfolio?.base_asset === quote ? portfolio.assets.find(({ asset }) => asset === base)?.average_cost : null;
  const open = JSON.stringify(isWanted ? (orders ?? []).filter(({ instrument }) => instrument === series) : []);
  return useMemo(() => {
    const lines = (JSON.parse(open) as Order[]).flatMap((order) => orderLevel(order, masked));
    const costs: Level[] = isWanted && cost && !masked ? [{ price: Number(cost), text: "Average cost", tone: "cost" }] : [];
    return [...lines, ...costs];
  }, [open, cost, masked, isWanted]);
}

/** The points of own series, by their ids; one that is not there any more is left out. */
export function usePointsOf(ids: readonly string[], revision: number): readonly DrawnPoints[] {
  const desk = useChartDesk();
  const key = ids.join(" ");
  const [points, setPoints] = useState<readonly DrawnPoints[]>([]);
  useEffect(() => {
    let isOver = false;
    const wanted = key ? key.split(" ") : [];
    const read = async () => {
      if (wanted.length === 0) return [];
      const sets = (await desk.pointSets()).filter(({ set_id }) => wanted.includes(set_id));
      return Promise.all(sets.map(async (set) => drawnPoints(set, await desk.points(set.set_id))));
    };
    read().then(
      (read) => isOver || setPoints(read),
      () => undefined, // the chart goes without them
    );
    return () => {
      isOver = true;
    };
  }, [desk, key, revision]);
  return points;
}
