/** Markets of a venue that have a price, by name. */
import { useEffect, useState } from "react";
import { useServices } from "@/core/services";
import { marketOf, venueOf } from "@/core/tickers";

export function useMarketNames(venue: string): readonly string[] {
  const { tickers } = useServices();
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    let count = 0;
    const read = () => {
      const { rows } = tickers;
      if (rows.length === count) return;
      count = rows.length;
      setNames(
        rows
          .filter(({ series }) => venueOf(series) === venue)
          .map(({ series }) => marketOf(series))
          .sort(),
      );
    };
    read();
    return tickers.follow(read);
  }, [tickers, venue]);
  return names;
}
