/** Chooses a series by a few letters: the own portfolio, and every market that has a price. */
import { TextInput } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { isPortfolioSeries } from "@/core/candles";
import { useServices } from "@/core/services";
import { marketOf, venueOf } from "@/core/tickers";
import styles from "./chart.module.css";

const SHOWN = 50;

interface Choice {
  readonly series: string;
  readonly name: string;
  readonly from: string;
}

/** Markets with a price, in the order of their names; new only when one came. */
function useMarkets(isWanted: boolean): readonly string[] {
  const { tickers } = useServices();
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!isWanted) return undefined;
    let count = 0;
    const read = () => {
      const { rows } = tickers;
      if (rows.length === count) return;
      count = rows.length;
      setNames(rows.map(({ series }) => series).sort());
    };
    read();
    return tickers.follow(read);
  }, [tickers, isWanted]);
  return names;
}

export function choicesOf(query: string, own: string, markets: readonly string[]): readonly Choice[] {
  const all = [
    { series: own, name: "Portfolio value", from: "all accounts" },
    ...markets.map((series) => ({ series, name: marketOf(series), from: venueOf(series) })),
  ];
  const words = query.toLowerCase().trim().split(/\s+/);
  const fit = all.filter(({ name, from }) => words.every((word) => `${from}:${name}`.toLowerCase().includes(word)));
  const rank = ({ name }: Choice) => (name.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return [...fit].sort((left, right) => rank(left) - rank(right)).slice(0, SHOWN);
}

interface SeriesPickerProps {
  readonly value: string;
  readonly own: string;
  readonly onChange: (series: string) => void;
}

export function SeriesPicker({ value, own, onChange }: SeriesPickerProps) {
  const [query, setQuery] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const isOpen = query !== null;
  const markets = useMarkets(isOpen);
  const choices = useMemo(() => choicesOf(query ?? "", own, markets), [query, own, markets]);
  const index = Math.min(chosen, choices.length - 1);
  const pick = (choice: Choice | undefined) => {
    if (choice) onChange(choice.series);
    setQuery(null);
    input.current?.blur();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && choices.length > 0) setChosen((index + step + choices.length) % choices.length);
    else if (event.key === "Enter") pick(choices[index]);
    else if (event.key === "Escape") pick(undefined);
    else return;
    event.preventDefault();
  };
  return (
    <span className={styles["picker"]}>
      <TextInput
        ref={input}
        size="xs"
        className={styles["input"] ?? ""}
        role="combobox"
        aria-label="Series"
        aria-expanded={isOpen}
        aria-controls={list}
        aria-activedescendant={isOpen && choices[index] ? `${list}-${index}` : undefined}
        value={query ?? (isPortfolioSeries(value) ? "Portfolio value" : value)}
        onFocus={() => setQuery("")}
        onBlur={() => setQuery(null)}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
        data-testid="series-picker"
      />
      <div id={list} role="listbox" aria-label="Series" className={styles["list"]} hidden={!isOpen}>
        {isOpen &&
          choices.map((choice, at) => (
            <div
              key={choice.series}
              id={`${list}-${at}`}
              role="option"
              aria-selected={at === index}
              className={styles["option"]}
              ref={at === index ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
              onMouseMove={() => setChosen(at)}
              onMouseDown={(event) => {
                event.preventDefault();
                pick(choice);
              }}
            >
              <span>{choice.name}</span>
              <span className={styles["dim"]}>{choice.from}</span>
            </div>
          ))}
        {isOpen && choices.length === 0 && <p className={styles["none"]}>No series is called that.</p>}
      </div>
    </span>
  );
}
