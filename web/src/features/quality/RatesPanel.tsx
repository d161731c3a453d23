/** Exchange rates: what each of two sources says, whether they agree, and which rate values are shown by. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { Age, Count, Unknown } from "@/core/Figures";
import { useFxRates } from "@/core/reference";
import type { FxRate, FxRatePage } from "@/core/reference_contracts";
import { AskedPanel } from "@/features/quality/parts";
import { RATE_WORDS, sourceText } from "@/features/quality/words";
import { toPercent } from "@/shared/arithmetic";
import { Mark } from "@/shared/Mark";
import { Empty } from "@/shared/Panel";
import { Table } from "@/shared/Table";
import tableStyles from "@/shared/Table.module.css";
import styles from "./quality.module.css";

type State = FxRate["state"];
type Told = Pick<FxRate, "source" | "rate" | "at">;

const COLUMNS = [
  ["Currency", false],
  ["State", false],
  ["Used, per dollar", true],
  ["Age", true],
  ["First source", true],
  ["Second source", true],
  ["Apart", true],
] as const;
const RATES_EVERY_MS = 60_000;
const ROWS_FIRST = 40;

/** Those that differ first, then those that nobody tells, then those that two sources tell. */
const ORDER: readonly State[] = ["differs", "stale", "agreed", "single"];
const sortRates = (rates: readonly FxRate[]): FxRate[] => [...rates].sort((left, right) => ORDER.indexOf(left.state) - ORDER.indexOf(right.state) || left.currency.localeCompare(right.currency));

/** What the first source says now: while they differ it is not the rate that is used, and nobody tells an old one. */
const firstOf = (rate: FxRate): Told | null => (rate.state === "differs" ? rate.first : rate.state === "stale" ? null : rate);

function Said({ told, label }: { readonly told: Told | null; readonly label: string }) {
  return (
    <td data-label={label} data-wide className={tableStyles["number"]}>
      {told ? (
        <span title={`${sourceText(told.source)}, made ${told.at}`}>
          <span className={styles["dim"]}>{sourceText(told.source)}</span> {told.rate}
        </span>
      ) : (
        <span className={styles["dim"]}>says nothing</span>
      )}
    </td>
  );
}

function Verdict({ rate }: { readonly rate: FxRate }) {
  const { text, tone, why } = RATE_WORDS[rate.state];
  return (
    <>
      <Mark tone={tone} title={why}>
        {text}
      </Mark>
      {rate.differs_since && (
        <span className={styles["dim"]}>
          {" "}
          for <Age at={rate.differs_since} />
        </span>
      )}
    </>
  );
}

function Rate({ rate }: { readonly rate: FxRate }) {
  return (
    <tr data-testid="fx-rate" data-state={rate.state}>
      <th scope="row">{rate.currency}</th>
      <td data-label="State">
        <Verdict rate={rate} />
      </td>
      <td data-label="Used, per dollar" className={tableStyles["number"]}>
        {rate.used ? rate.rate : <span title="No rate holds that both agreed on: nothing is shown in it">none</span>}
      </td>
      <td data-label="Age" className={tableStyles["number"]}>
        <Age at={rate.at} />
      </td>
      <Said label="First source" told={firstOf(rate)} />
      <Said label="Second source" told={rate.other} />
      <td data-label="Apart" className={tableStyles["number"]} data-warn={rate.state === "differs"}>
        {rate.deviation_ratio ? `${toPercent(rate.deviation_ratio)} %` : <Unknown why="It takes two sources" />}
      </td>
    </tr>
  );
}

interface FilterProps {
  readonly text: string;
  readonly state: string;
  readonly onText: (text: string) => void;
  readonly onState: (state: string) => void;
}

const STATES = [{ value: "", label: "Every state" }, ...ORDER.map((state) => ({ value: state, label: RATE_WORDS[state].text }))];

const Filter = ({ text, state, onText, onState }: FilterProps) => (
  <span className={styles["narrow"]}>
    <NativeSelect size="xs" aria-label="State of rates" data={STATES} value={state} onChange={(event) => onState(event.currentTarget.value)} />
    <TextInput size="xs" aria-label="Filter currencies" placeholder="Currency" value={text} onChange={(event) => onText(event.currentTarget.value)} />
  </span>
);

function Sum({ page, filter }: { readonly page: FxRatePage; readonly filter: FilterProps }) {
  const count = (state: State) => page.items.filter((rate) => rate.state === state).length;
  return (
    <div className={styles["sum"]} data-testid="rates-sum">
      <span>
        <Count value={page.items.length} /> currencies
      </span>
      <span>
        <Count value={count("agreed")} /> agree within {toPercent(page.bound_ratio)} %
      </span>
      <span data-warn={count("differs") > 0}>
        <Count value={count("differs")} /> differ
      </span>
      <span>
        <Count value={count("single")} /> of one source
      </span>
      <span data-warn={count("stale") > 0}>
        <Count value={count("stale")} /> old
      </span>
      <Filter {...filter} />
    </div>
  );
}

function Rates({ page }: { readonly page: FxRatePage }) {
  const [text, setText] = useState("");
  const [state, setState] = useState("");
  if (page.items.length === 0) return <Empty title="No rate is known yet">Exchange rates are asked for every hour, of two sources.</Empty>;
  const fitting = sortRates(page.items).filter((rate) => rate.currency.includes(text.trim().toUpperCase()) && (state === "" || rate.state === state));
  return (
    <>
      <Sum page={page} filter={{ text, state, onText: setText, onState: setState }} />
      {fitting.length === 0 && <p className={styles["note"]}>No rate of this kind.</p>}
      {fitting.length > 0 && (
        <Table columns={COLUMNS} label="Exchange rates">
          {fitting.slice(0, ROWS_FIRST).map((rate) => (
            <Rate key={rate.currency} rate={rate} />
          ))}
        </Table>
      )}
      {fitting.length > ROWS_FIRST && (
        <p className={styles["note"]}>
          <Count value={fitting.length - ROWS_FIRST} /> more; name a currency to see it.
        </p>
      )}
    </>
  );
}

export function RatesPanel() {
  const asked = useFxRates();
  return (
    <AskedPanel title="Exchange rates" testId="quality-rates" resourceKey="fx-rates" everyMs={RATES_EVERY_MS} asked={asked}>
      {(page) => <Rates page={page} />}
    </AskedPanel>
  );
}
