/** Why it did not fire: each time it came close, with the figures seen and what was missing. */
import { type ReactNode, useState } from "react";
import { Age, Amount, Instant, Percent } from "@/core/Figures";
import { problemIn, valueOf } from "@/core/resources";
import { judgedKey, useJudged, useRuleSetStates } from "@/core/rules";
import type { Judged, RuleSet } from "@/core/rules_contracts";
import { AnsweredAge } from "@/core/Freshness";
import { Evidence } from "@/features/rules/Evidence";
import { didNotFire, farthest, type Found, foundIn, foundNow } from "@/features/rules/missing";
import { decisionWords } from "@/features/rules/words";
import { toPercent } from "@/shared/arithmetic";
import { sign } from "@/shared/decimals";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

const SHOWN = 5;

function Missing({ found: { missing } }: { readonly found: Found }) {
  if (missing === null) return <span className={styles["dim"]}>not known</span>;
  if (sign(missing) <= 0) return <>enough</>;
  return (
    <>
      <Percent value={toPercent(missing)} /> away
    </>
  );
}

function FoundTable({ label, caption, found }: { readonly label: string; readonly caption: ReactNode; readonly found: readonly Found[] }) {
  const most = farthest(found);
  return (
    <div className={styles["wide"]} tabIndex={0} role="region" aria-label={label}>
      <table className={styles["table"]}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th>Condition</th>
            <th className={styles["number"]}>Seen</th>
            <th className={styles["number"]}>True at</th>
            <th className={styles["number"]}>Missing</th>
          </tr>
        </thead>
        <tbody>
          {found.map((each, at) => (
            <tr key={at} data-testid="missing" data-most={found.length > 1 && each === most}>
              <td className={styles["expression"]}>{each.words}</td>
              <td className={styles["number"]}>
                <Amount value={each.value} places={4} />
              </td>
              <td className={styles["number"]}>
                <Amount value={each.threshold} places={4} />
              </td>
              <td className={styles["number"]}>
                <Missing found={each} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const TRUTHS = { true: "true", false: "not true", null: "not known" } as const;

/** Each condition with its last value, where it had to be, and the distance. */
function Conditions({ ruleSet, judged }: { readonly ruleSet: RuleSet; readonly judged: Judged }) {
  const truths = new Map(judged.rules.map(({ name, truth }) => [name, truth]));
  return ruleSet.definition.rules.map((rule, at) => {
    const caption = (
      <>
        {rule.name}: <strong>{TRUTHS[`${truths.get(rule.name) ?? null}`]}</strong>
      </>
    );
    return <FoundTable key={at} label={`What was missing for ${rule.name}`} caption={caption} found={foundIn({ ...ruleSet.definition, rules: [rule] }, judged.seen)} />;
  });
}

/** What was last pushed of a watched rule set. */
function Now({ ruleSet }: { readonly ruleSet: RuleSet }) {
  const { states, isLive } = useRuleSetStates();
  const state = states?.items.find(({ rule_set_id, version }) => rule_set_id === ruleSet.rule_set_id && version === ruleSet.version);
  if (!states || !state) return null;
  const caption = (
    <>
      {isLive ? (
        "Now"
      ) : (
        <>
          Last known, <Age at={states.as_of} /> ago
        </>
      )}
      : <strong>{decisionWords(state.decision)}</strong>
    </>
  );
  return (
    <div className={isLive ? "" : "quiet"} data-testid="why-now">
      <FoundTable label="What is missing now" caption={caption} found={foundNow(ruleSet.definition, state)} />
    </div>
  );
}

function Item({ ruleSet, judged }: { readonly ruleSet: RuleSet; readonly judged: Judged }) {
  const [isOpen, setOpen] = useState(false);
  const isThisVersion = judged.version === ruleSet.version;
  return (
    <li data-testid="judged">
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <Instant at={judged.instant} /> <strong>{decisionWords(judged.outcome)}</strong>
          {!isThisVersion && <span className={styles["dim"]}> version {judged.version}</span>}
        </summary>
        {isOpen && (
          <div className={styles["detail"]}>
            {isThisVersion && <Conditions ruleSet={ruleSet} judged={judged} />}
            <Evidence seen={judged.seen} />
          </div>
        )}
      </details>
    </li>
  );
}

function Told({ ruleSet, items }: { readonly ruleSet: RuleSet; readonly items: readonly Judged[] }) {
  const quiet = items.filter(didNotFire);
  const last = quiet.find(({ version }) => version === ruleSet.version);
  if (quiet.length === 0) return <Empty title="It never came close and stayed quiet">The times at which it might have fired and did not stand here: with every figure as it was seen, and what was missing.</Empty>;
  return (
    <div className={styles["body"]}>
      {last && (
        <>
          <p>
            Last looked at closely <Instant at={last.instant} />: <strong>{decisionWords(last.outcome)}</strong>.
          </p>
          <Conditions ruleSet={ruleSet} judged={last} />
        </>
      )}
      <ul className={styles["judged"]}>
        {quiet.slice(last ? 1 : 0, SHOWN + 1).map((judged) => (
          <Item key={`${judged.instant} ${judged.version}`} ruleSet={ruleSet} judged={judged} />
        ))}
      </ul>
    </div>
  );
}

export function JudgedPanel({ ruleSet }: { readonly ruleSet: RuleSet }) {
  const { resource, reload } = useJudged(ruleSet.rule_set_id);
  const items = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  return (
    <Panel title="Why it did not fire" testId="why-not">
      {!items && (problem ? <Failure fault={problem} title="Its judgements could not be shown" onRetry={again} /> : <TableSkeleton rows={3} columns={4} />)}
      {items && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={judgedKey(ruleSet.rule_set_id)} />} onRetry={again} />}
      {items && (
        <div className={problem ? "quiet" : ""}>
          <Now ruleSet={ruleSet} />
          <Told ruleSet={ruleSet} items={items} />
        </div>
      )}
    </Panel>
  );
}
