/** In which time zone a file's times are: promised, proven with its proof, or asked; never guessed. */
import { Button, TextInput } from "@mantine/core";
import { useId, useMemo, useState } from "react";
import type { Zone } from "@/core/files_contracts";
import { Instant } from "@/core/Figures";
import { useDisplay } from "@/core/display";
import { Mark } from "@/shared/Mark";
import styles from "./files.module.css";

interface ZoneProps {
  readonly zone: Zone;
  readonly chosen: string | null;
  readonly onZone: (zone: string | null) => void;
}

const wallText = (wall: string): string => wall.replace("T", " ").replace(/[+Z].*$/, "");

function Proof({ zone }: { readonly zone: Zone }) {
  if (zone.examples.length === 0) return null;
  return (
    <details className={styles["proof"]}>
      <summary>
        {zone.matches} of {zone.comparable} rows that could meet a known event meet one in {zone.proven}
      </summary>
      <ul>
        {zone.examples.map((each) => (
          <li key={each.line}>
            Line {each.line} says {wallText(each.wall)}; {each.source} told of it at <Instant at={each.at} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function question(zone: Zone): string {
  if (zone.contradicted) return `The file promises another zone than your known events prove (${zone.proven ?? "?"}). Which one is right?`;
  if (zone.zone !== null) return `The times would be read in ${zone.zone}. In which zone are they?`;
  if (zone.comparable > 0) return "Your known events don't decide in which time zone these times are. Which one is it?";
  return "The file doesn't say in which time zone its times are, and nothing known could prove it. Which one is it?";
}

function Question({ zone, onZone }: ZoneProps) {
  const { zone: own } = useDisplay();
  const [picked, setPicked] = useState("");
  const listId = useId();
  const names = useMemo(() => {
    const likely = [...zone.candidates.map((each) => each.zone), "UTC", own];
    return [...new Set([...likely, ...Intl.supportedValuesOf("timeZone")])];
  }, [zone.candidates, own]);
  return (
    <div className={styles["question"]} role="group" aria-label="Time zone" data-testid="zone-question">
      <strong>{question(zone)}</strong>
      <div className={styles["pair"]}>
        <TextInput label="Time zone of the file" list={listId} value={picked} onChange={(event) => setPicked(event.currentTarget.value)} placeholder="Choose; nothing is assumed" />
        <datalist id={listId}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Button size="compact-sm" disabled={!names.includes(picked)} onClick={() => onZone(picked)} data-testid="zone-answer">
          Read it so
        </Button>
      </div>
      <Proof zone={zone} />
    </div>
  );
}

const WORDS = { contract: "as the format promises", proven: "proven by events you already have", given: "as you said" } as const;

export function ZoneStep(props: ZoneProps) {
  const { zone, chosen, onZone } = props;
  const [isAsking, setAsking] = useState(false);
  const answer = (told: string | null) => {
    setAsking(false);
    onZone(told);
  };
  if (isAsking || zone.zone === null || zone.proof === null) return <Question {...props} onZone={answer} />;
  return (
    <div className={styles["zone"]} data-testid="zone">
      <p>
        Times are read in <strong>{zone.zone}</strong>, {WORDS[zone.proof]}.{" "}
        {zone.proof === "proven" && <Mark tone="good">proven</Mark>}{" "}
        <Button size="compact-xs" variant="default" onClick={() => (chosen === null ? setAsking(true) : onZone(null))}>
          {chosen === null ? "It is another zone" : "Ask again"}
        </Button>
      </p>
      <Proof zone={zone} />
    </div>
  );
}
