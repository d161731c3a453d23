/** Strategies that run or ran, each with what it came to. */
import { useState } from "react";
import { Link } from "react-router";
import { Age } from "@/core/Figures";
import { AnsweredAge } from "@/core/Freshness";
import { problemIn, valueOf } from "@/core/resources";
import { RULE_SETS_KEY, useRuleSets } from "@/core/rules";
import { ModeMark } from "@/features/rules/RuleSetList";
import { RunningResult } from "@/features/rules/RunningResult";
import { strategiesOf, type Strategy } from "@/features/rules/strategies";
import { Failure, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

function lastFired({ ruleSets }: Strategy): string | null {
  const fired = ruleSets.flatMap(({ last_fired_at }) => (last_fired_at === null ? [] : [last_fired_at]));
  return fired.sort().at(-1) ?? null;
}

function Item({ strategy, isOpen, onToggle }: { readonly strategy: Strategy; readonly isOpen: boolean; readonly onToggle: () => void }) {
  const { name, ruleSets } = strategy;
  return (
    <li className={styles["item"]} data-testid="running-strategy">
      <div className={styles["head"]}>
        <button type="button" className={styles["toggle"]} aria-expanded={isOpen} onClick={onToggle}>
          {name}
        </button>
        {ruleSets.map(({ rule_set_id, name: each, mode }) => (
          <span key={rule_set_id} className={styles["head"]}>
            <Link to={`/rules/${rule_set_id}`}>{each === name ? "its rule" : each.slice(name.length + 2)}</Link>
            <ModeMark mode={mode} />
          </span>
        ))}
        <span className={styles["last"]}>
          <Age at={lastFired(strategy)} prefix="fired " why="It never fired" />
        </span>
      </div>
      {isOpen && <RunningResult ruleSets={ruleSets} title={`What ${name} did`} />}
    </li>
  );
}

/** `isQuiet`: somebody begins another one, so none is open by itself. */
export function RunningStrategies({ isQuiet }: { readonly isQuiet: boolean }) {
  const { resource, reload } = useRuleSets();
  const [shown, setShown] = useState<string | null | undefined>(undefined);
  const ruleSets = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  if (!ruleSets) return problem ? <Failure fault={problem} title="Your strategies could not be shown" onRetry={again} /> : <TableSkeleton rows={2} columns={3} />;
  const strategies = strategiesOf(ruleSets);
  // The first that did something is open, until somebody chooses.
  const open = shown === undefined && isQuiet ? null : shown === undefined ? strategies.find((each) => each.ruleSets.some(({ firings_ever, mode }) => firings_ever > 0 && mode !== "shadow"))?.name : shown;
  return (
    <section aria-label="Yours" className={styles["yours"]}>
      <h3>Yours</h3>
      {problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={RULE_SETS_KEY} />} onRetry={again} />}
      {strategies.length === 0 && <p className={styles["dim"]}>No strategy runs yet. Begin one from a template below: it is replayed first, then runs in shadow, then trades.</p>}
      <ul className={`${styles["list"]} ${problem ? "quiet" : ""}`}>
        {strategies.map((each) => (
          <Item key={each.name} strategy={each} isOpen={open === each.name} onToggle={() => setShown(open === each.name ? null : each.name)} />
        ))}
      </ul>
    </section>
  );
}
