/** Every function of the desk, found by a few letters. */
import { TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Indicator } from "@/core/indicators";
import type { Study } from "@/core/studies";
import { IndicatorForm } from "@/features/chart/IndicatorForm";
import styles from "./studies.module.css";

/** Functions whose name or title holds every word, those whose name begins with the first before the others. */
export function found(functions: readonly Indicator[], query: string): readonly Indicator[] {
  const words = query.toLowerCase().trim().split(/\s+/);
  const fit = functions.filter(({ name, title, group }) => words.every((word) => `${name} ${title} ${group}`.toLowerCase().includes(word)));
  const rank = ({ name }: Indicator) => (name.toLowerCase() === words[0] ? 0 : name.toLowerCase().startsWith(words[0] ?? "") ? 1 : 2);
  return query.trim() ? [...fit].sort((left, right) => rank(left) - rank(right)) : fit;
}

function grouped(functions: readonly Indicator[]): readonly (readonly [string, readonly Indicator[]])[] {
  const groups = new Map<string, Indicator[]>();
  for (const each of functions) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return [...groups];
}

interface FunctionListProps {
  readonly functions: readonly Indicator[];
  readonly onAdd: (study: Study) => void;
}

export function FunctionList({ functions, onAdd }: FunctionListProps) {
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = useMemo(() => found(functions, query), [functions, query]);
  const groups = query.trim() ? [["", shown] as const] : grouped(shown);
  return (
    <>
      <div className={styles["search"]}>
        <TextInput size="xs" aria-label="Find a function" placeholder="RSI, Bollinger, volume…" value={query} data-autofocus onChange={(event) => setQuery(event.currentTarget.value)} />
      </div>
      {groups.map(([group, members]) => (
        <section key={group} aria-label={group || "Found"}>
          {group && <h3 className={styles["group"]}>{group}</h3>}
          <ul className={styles["list"]}>
            {members.map((each) => (
              <li key={each.name}>
                <button type="button" className={styles["row"]} aria-expanded={chosen === each.name} onClick={() => setChosen(chosen === each.name ? null : each.name)}>
                  <span>{each.title}</span>
                  <span>{each.name}</span>
                </button>
                {chosen === each.name && <IndicatorForm indicator={each} onAdd={onAdd} />}
              </li>
            ))}
          </ul>
        </section>
      ))}
      {shown.length === 0 && <p className={styles["hint"]}>No function is called that.</p>}
    </>
  );
}
