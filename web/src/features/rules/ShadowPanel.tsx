/** The run in shadow: how long so far, what is needed to go live, and what it would have done. */
import { Button } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useNow } from "@/core/clock";
import { Count, Instant } from "@/core/Figures";
import { AnsweredAge } from "@/core/Freshness";
import type { Shadow } from "@/core/replay_contracts";
import { problemIn, valueOf } from "@/core/resources";
import { shadowKey, useShadow } from "@/core/rules";
import type { RuleSet } from "@/core/rules_contracts";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

const ReplayResult = lazy(() => import("@/features/rules/ReplayResult"));

const DAY_MS = 86_400_000;

/** Days with one decimal: `1.5 days`, `1 day`. */
export function daysText(ms: number): string {
  const days = (Math.floor((Math.max(0, ms) / DAY_MS) * 10) / 10).toFixed(1).replace(/\.0$/, "");
  return `${days} ${days === "1" ? "day" : "days"}`;
}

/** How far the run is, 0 to 1; null while there is nothing to wait for. */
export function progressOf({ shadow_since, live_from }: Pick<Shadow, "shadow_since" | "live_from">, nowMs: number): number | null {
  if (shadow_since === null || live_from === null) return null;
  const [begun, until] = [Date.parse(shadow_since), Date.parse(live_from)];
  return until <= begun ? 1 : Math.max(0, Math.min(1, (nowMs - begun) / (until - begun)));
}

function Promotion({ ruleSet, shadow }: { readonly ruleSet: RuleSet; readonly shadow: Shadow }) {
  const now = useNow();
  const { shadow_since, live_from } = shadow;
  const progress = progressOf(shadow, now);
  if (!ruleSet.is_dangerous) return <p>Its actions neither sell nor trade: it may go live whenever you say so.</p>;
  if (progress === null || shadow_since === null || live_from === null) return <p>It sells or trades: before it may go live it runs in shadow for some days, and you confirm what it would do.</p>;
  const whole = daysText(Date.parse(live_from) - Date.parse(shadow_since));
  const left = Date.parse(live_from) - now;
  return (
    <>
      <div className={styles["progress"]} role="progressbar" aria-label="Days in shadow that are needed" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(progress * 100)}>
        <i style={{ width: `${progress * 100}%` }} />
      </div>
      <p data-testid="promotion">
        {left > 0 ? (
          <>
            Needs {whole} in shadow; {daysText(now - Date.parse(shadow_since))} are over. It may go live from <Instant at={live_from} />, once you confirm what it would do.
          </>
        ) : (
          "It ran in shadow as long as it has to: it may go live once you confirm what it would do."
        )}
      </p>
    </>
  );
}

function Told({ ruleSet, shadow }: { readonly ruleSet: RuleSet; readonly shadow: Shadow }) {
  const now = useNow();
  return (
    <>
      <div className={styles["body"]}>
        <p>
          {shadow.shadow_since === null ? (
            "It never ran in shadow."
          ) : (
            <>
              In shadow for <strong data-testid="shadow-days">{daysText(now - Date.parse(shadow.shadow_since))}</strong>, since <Instant at={shadow.shadow_since} />; it would have fired{" "}
              <strong>
                <Count value={shadow.firings.length} />
              </strong>{" "}
              {shadow.firings.length === 1 ? "time" : "times"}.
            </>
          )}
        </p>
        <Promotion ruleSet={ruleSet} shadow={shadow} />
      </div>
      {shadow.simulated && shadow.firings.length > 0 ? (
        <Suspense fallback={<TableSkeleton rows={6} columns={4} />}>
          <ReplayResult replay={shadow.simulated} />
        </Suspense>
      ) : (
        shadow.shadow_since !== null && <Empty title="Nothing would have been done so far">As soon as it would have fired, what that had come to stands here: fills, value beside holding, drawdown.</Empty>
      )}
    </>
  );
}

export function ShadowPanel({ ruleSet }: { readonly ruleSet: RuleSet }) {
  const { resource, reload } = useShadow(ruleSet.rule_set_id);
  const shadow = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  const title = ruleSet.mode === "shadow" ? "In shadow" : "Its run in shadow";
  return (
    <Panel
      title={title}
      testId="shadow"
      actions={
        <Button size="compact-xs" variant="default" onClick={again}>
          Look again
        </Button>
      }
    >
      {!shadow && (problem ? <Failure fault={problem} title="The run in shadow could not be shown" onRetry={again} /> : <TableSkeleton rows={5} columns={4} />)}
      {shadow && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={shadowKey(ruleSet.rule_set_id)} />} onRetry={again} />}
      {shadow && (
        <div className={problem ? "quiet" : ""}>
          <Told ruleSet={ruleSet} shadow={shadow} />
        </div>
      )}
    </Panel>
  );
}
