/** How much history is stored, where it has holes and why, and asking for more. */
import { Button, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { Age, Count, Instant, Unknown } from "@/core/Figures";
import { COVERAGE_EVERY_MS, useCoverage, useQualityDesk } from "@/core/quality";
import type { Coverage, CoveragePage, Hole } from "@/core/quality_contracts";
import { problemOf, type Problem } from "@/core/problems";
import { useServices } from "@/core/services";
import { AskedPanel } from "@/features/quality/parts";
import { COVERAGE_WORDS, holeText } from "@/features/quality/words";
import { durationText } from "@/shared/instants";
import { Mark } from "@/shared/Mark";
import { Empty } from "@/shared/Panel";
import { Table } from "@/shared/Table";
import tableStyles from "@/shared/Table.module.css";
import styles from "./quality.module.css";

const COLUMNS = [
  ["Series", false],
  ["State", false],
  ["From", false],
  ["Until", false],
  ["Minutes", true],
  ["Stored", true],
  ["Ready in", true],
  ["Holes", false],
] as const;

const percentText = ({ bars, expected }: Coverage): string => (expected === 0 ? "—" : `${Math.min(100, Math.floor((bars / expected) * 10_000) / 100).toFixed(2)} %`);

const HoleLine = ({ hole }: { readonly hole: Hole }) => (
  <li data-testid="hole">
    <Instant at={hole.since} />, <Count value={hole.minutes} /> min: {holeText(hole.cause)}
    {hole.filled ? " (filled)" : ""}
    {hole.detail && <span className={styles["dim"]}> {hole.detail}</span>}
  </li>
);

function Row({ coverage }: { readonly coverage: Coverage }) {
  const { text, tone } = COVERAGE_WORDS[coverage.state];
  return (
    <tr data-testid="coverage" data-state={coverage.state}>
      <th scope="row">{coverage.series}</th>
      <td data-label="State">
        <Mark tone={tone} title={coverage.error_message ?? coverage.horizon}>
          {text}
        </Mark>
        {coverage.asked && <span className={styles["dim"]}> asked for</span>}
      </td>
      <td data-label="From" data-wide><Instant at={coverage.since} /></td>
      <td data-label="Until"><Age at={coverage.until} why="Not yet" /></td>
      <td data-label="Minutes" className={tableStyles["number"]}>
        <Count value={coverage.bars} />
      </td>
      <td data-label="Stored" className={tableStyles["number"]}>
        {percentText(coverage)}
      </td>
      <td data-label="Ready in" className={tableStyles["number"]}>
        {coverage.eta_s === null ? <Unknown why="Nothing is being fetched" /> : durationText(coverage.eta_s)}
      </td>
      <td data-label="Holes">
        {coverage.holes.length === 0 ? (
          "none"
        ) : (
          <details>
            <summary>
              <Count value={coverage.open_holes} /> open of {coverage.holes.length}
            </summary>
            <ul className={styles["holes"]}>
              {coverage.holes.map((hole) => (
                <HoleLine key={`${hole.since} ${hole.cause}`} hole={hole} />
              ))}
            </ul>
          </details>
        )}
      </td>
    </tr>
  );
}

function AskForm({ onAsked }: { readonly onAsked: () => void }) {
  const quality = useQualityDesk();
  const { notices } = useServices();
  const [series, setSeries] = useState("");
  const [from, setFrom] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSending, setSending] = useState(false);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    setSending(true);
    try {
      await quality.ask(series.trim().toUpperCase(), from ? `${from}T00:00:00Z` : undefined);
      notices.say(`The history of ${series.trim().toUpperCase()} is asked for.`, "done");
      setProblem(null);
      setSeries("");
      onAsked();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
    setSending(false);
  };
  return (
    <form className={styles["ask"]} onSubmit={(event) => void send(event)} data-testid="ask-history">
      <TextInput size="xs" label="Series" placeholder="BINANCE:BTC/USDT" value={series} onChange={(event) => setSeries(event.currentTarget.value)} error={problem?.detail} required />
      <TextInput size="xs" type="date" label="From (its listing, if left out)" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
      <Button type="submit" size="xs" loading={isSending} disabled={!series.includes(":")}>
        Fill its history
      </Button>
    </form>
  );
}

function History({ page, onAsked }: { readonly page: CoveragePage; readonly onAsked: () => void }) {
  return (
    <>
      <AskForm onAsked={onAsked} />
      {page.items.length === 0 ? (
        <Empty title="No history is kept yet">Name a market above: its minutes are fetched behind everything else, and kept whole from then on.</Empty>
      ) : (
        <Table columns={COLUMNS} label="Stored history">
          {page.items.map((coverage) => (
            <Row key={coverage.series} coverage={coverage} />
          ))}
        </Table>
      )}
    </>
  );
}

export function HistoryPanel({ venue }: { readonly venue: string }) {
  const asked = useCoverage(venue, "");
  return (
    <AskedPanel title="History" testId="quality-history" resourceKey={`candle-coverage/${venue}/`} everyMs={COVERAGE_EVERY_MS} asked={asked}>
      {(page) => <History page={page} onAsked={() => void asked.reload()} />}
    </AskedPanel>
  );
}
