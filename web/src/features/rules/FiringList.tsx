/** Firings, newest first; each opens its explanation. */
import { useSearchParams } from "react-router";
import { Instant } from "@/core/Figures";
import { AnsweredAge } from "@/core/Freshness";
import { problemIn, valueOf } from "@/core/resources";
import { firingsKey, useFirings, useRuleSets } from "@/core/rules";
import { FiringDrawer } from "@/features/rules/FiringDrawer";
import { shortened } from "@/features/rules/words";
import { Empty, Failure, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

export function FiringList({ ruleSetId }: { readonly ruleSetId?: string }) {
  const { resource, reload } = useFirings(ruleSetId);
  const names = new Map(valueOf(useRuleSets().resource)?.map(({ rule_set_id, name }) => [rule_set_id, name]));
  const [search, setSearch] = useSearchParams();
  const firings = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  const show = (firingId: string | null) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (firingId === null) after.delete("firing");
      else after.set("firing", firingId);
      return after;
    });
  if (!firings) return problem ? <Failure fault={problem} title="The firings could not be shown" onRetry={again} /> : <TableSkeleton rows={5} columns={4} />;
  return (
    <>
      {problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={firingsKey(ruleSetId)} />} onRetry={again} />}
      {firings.length === 0 && <Empty title="Nothing fired yet">Each firing stands here with every figure it was decided by, what it did, and the orders and fills that came of it.</Empty>}
      <ul className={`${styles["rows"]} ${problem ? "quiet" : ""}`}>
        {firings.map((firing) => (
          <li key={firing.firing_id}>
            <button type="button" onClick={() => show(firing.firing_id)} data-testid="firing">
              <Instant at={firing.fired_at} />
              <span>{names.get(firing.rule_set_id) ?? "A removed rule"}</span>
              <span className={styles["dim"]}>{firing.mode === "shadow" ? "in shadow, nothing was done" : shortened(firing.reason)}</span>
            </button>
          </li>
        ))}
      </ul>
      <FiringDrawer firingId={search.get("firing")} onClose={() => show(null)} />
    </>
  );
}
