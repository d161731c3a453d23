/** Every rule set: what it waits for, how far it is from it, and what it did last. */
import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Age } from "@/core/Figures";
import { AnsweredAge } from "@/core/Freshness";
import { problemIn, valueOf } from "@/core/resources";
import { RULE_SETS_KEY, useRuleSetStates, useRuleSets, useTemplates } from "@/core/rules";
import type { RuleSet, RuleSetState } from "@/core/rules_contracts";
import { Distances } from "@/features/rules/Distances";
import { actionWords, conditionWords, MODE_WORDS } from "@/features/rules/words";
import { Empty, Failure, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

export const ModeMark = ({ mode }: Pick<RuleSet, "mode">) => (
  <span className={styles["mode"]} data-mode={mode} data-testid="mode">
    {MODE_WORDS[mode]}
  </span>
);

interface ItemProps {
  readonly ruleSet: RuleSet;
  readonly state: RuleSetState | undefined;
  readonly isLive: boolean;
}

function Item({ ruleSet, state, isLive }: ItemProps) {
  const { definition } = ruleSet;
  return (
    <li className={styles["item"]} data-testid="rule-set">
      <div className={styles["head"]}>
        <ModeMark mode={ruleSet.mode} />
        <Link to={`/rules/${ruleSet.rule_set_id}`}>{ruleSet.name}</Link>
        <span className={styles["dim"]}>version {ruleSet.version}</span>
        <span className={styles["last"]}>{ruleSet.last_fired_at ? <Age at={ruleSet.last_fired_at} prefix="fired " /> : <span className={styles["dim"]}>never fired</span>}</span>
      </div>
      <p>
        When {definition.rules.map((rule) => conditionWords(rule.condition)).join(", and ")}: {definition.actions.map(actionWords).join(", then ")}.
      </p>
      {state?.version === ruleSet.version && <Distances state={state} definition={definition} isLive={isLive} />}
    </li>
  );
}

/** The first steps: a template, or an empty rule. */
export function Beginnings() {
  const templates = valueOf(useTemplates().resource) ?? [];
  return (
    <div className={styles["beginnings"]}>
      {templates.map(({ template, name, description }, at) => (
        <Link key={template} to={`/rules?view=strategies&template=${template}`} className={styles["beginning"]} data-first={at === 0} data-testid={`template-${template}`}>
          <strong>{name}</strong>
          <span>{description}</span>
        </Link>
      ))}
      <Link to="/rules/new" className={styles["beginning"]}>
        <strong>A rule of your own</strong>
        <span>From prices, balances, indicators and formulas, without code.</span>
      </Link>
    </div>
  );
}

export function RuleSetList() {
  const { resource, reload } = useRuleSets();
  const { states, isLive } = useRuleSetStates();
  const ruleSets = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  if (!ruleSets) return problem ? <Failure fault={problem} title="The rules could not be shown" onRetry={again} /> : <TableSkeleton rows={6} columns={4} />;
  const known = new Map(states?.items.map((state) => [state.rule_set_id, state]));
  return (
    <div className={styles["scroll"]}>
      {problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={RULE_SETS_KEY} />} onRetry={again} />}
      {ruleSets.length === 0 ? (
        <Empty title="Nothing watches the market for you yet" action={<Beginnings />}>
          A rule watches prices, indicators and your balances day and night, and acts when all of it is true. Begin with a template; it runs in shadow before it may sell anything.
        </Empty>
      ) : (
        <ul className={`${styles["list"]} ${problem ? "quiet" : ""}`} data-testid="rule-sets">
          {ruleSets.map((ruleSet) => (
            <Item key={ruleSet.rule_set_id} ruleSet={ruleSet} state={known.get(ruleSet.rule_set_id)} isLive={isLive} />
          ))}
        </ul>
      )}
    </div>
  );
}

export const NewRule = () => (
  <Button component={Link} to="/rules/new" size="compact-xs" variant="default" data-testid="new-rule">
    New rule
  </Button>
);
