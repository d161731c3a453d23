/** One rule set: builder and replay beside each other, its mode, its distance, its firings. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { type Problem, problemOf } from "@/core/problems";
import { usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useRuleSet, useRuleSetStates, useRulesDesk } from "@/core/rules";
import type { RuleSet } from "@/core/rules_contracts";
import { useServices } from "@/core/services";
import { Builder, useCheck } from "@/features/rules/Builder";
import { Distances } from "@/features/rules/Distances";
import { definitionOf, type Draft, draftOf, EMPTY_DRAFT, faultsIn } from "@/features/rules/drafts";
import { FiringList } from "@/features/rules/FiringList";
import { JudgedPanel } from "@/features/rules/JudgedPanel";
import { ModePanel } from "@/features/rules/ModePanel";
import { ReplayPanel } from "@/features/rules/ReplayPanel";
import { RunningResult } from "@/features/rules/RunningResult";
import { ShadowPanel } from "@/features/rules/ShadowPanel";
import { trades } from "@/features/rules/strategies";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

function useSaving(known: RuleSet | null) {
  const rules = useRulesDesk();
  const { resources, notices } = useServices();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const save = (draft: Draft) => {
    const wanted = { name: draft.name.trim(), definition: definitionOf(draft).definition };
    setBusy(true);
    setProblem(null);
    (known ? rules.edit(known.rule_set_id, known.version, wanted) : rules.create(wanted))
      .then((after) => {
        notices.say(`${after.name}: version ${after.version} is saved.`);
        resources.refresh("rules:");
        void navigate(`/rules/${after.rule_set_id}`);
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return { save, problem, isBusy };
}

function Watching({ ruleSet }: { readonly ruleSet: RuleSet }) {
  const { states, isLive } = useRuleSetStates();
  const state = states?.items.find(({ rule_set_id, version }) => rule_set_id === ruleSet.rule_set_id && version === ruleSet.version);
  if (ruleSet.mode === "draft" || ruleSet.mode === "paused") return <p className={styles["dim"]}>Nothing is watched in this mode.</p>;
  if (ruleSet.done) return <p className={styles["dim"]}>It has fired, and fires once: run it in shadow and go live again to arm it anew.</p>;
  return state ? <Distances state={state} definition={ruleSet.definition} isLive={isLive} /> : <TableSkeleton rows={2} columns={3} />;
}

/** What became of it so far: in shadow, live, and why not. */
function Past({ ruleSet }: { readonly ruleSet: RuleSet }) {
  return (
    <>
      {ruleSet.shadow_since !== null && <ShadowPanel ruleSet={ruleSet} />}
      {ruleSet.firings_ever > 0 && (ruleSet.mode === "live" || ruleSet.mode === "paused") && trades(ruleSet) && <RunningResult ruleSets={[ruleSet]} />}
      {ruleSet.mode !== "draft" && <JudgedPanel ruleSet={ruleSet} />}
      <Panel title="Firings">
        <FiringList ruleSetId={ruleSet.rule_set_id} />
      </Panel>
    </>
  );
}

function Editor({ ruleSet }: { readonly ruleSet: RuleSet | null }) {
  const start = ruleSet ? draftOf(ruleSet.name, ruleSet.definition) : EMPTY_DRAFT;
  const [draft, setDraft] = useState<Draft>(start);
  const { save, problem, isBusy } = useSaving(ruleSet);
  const checked = useCheck(draft);
  const faults = { ...(problem ? faultsIn(problem) : {}), ...checked };
  const isChanged = ruleSet === null || JSON.stringify(draft) !== JSON.stringify(start);
  const { definition, faults: own } = definitionOf(draft);
  const isMeant = Object.keys(own).length === 0;
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">{draft.name}</h1>
      <div className={styles["column"]}>
        {ruleSet && (
          <Panel title="Now">
            <div className={styles["body"]}>
              <ModePanel ruleSet={ruleSet} isChanged={isChanged} />
              <Watching ruleSet={ruleSet} />
            </div>
          </Panel>
        )}
        <Panel title={ruleSet ? `Version ${ruleSet.version}` : "New rule"}>
          <form
            className={styles["form"]}
            data-testid="builder"
            onSubmit={(event) => {
              event.preventDefault();
              if (isMeant && isChanged) save(draft);
            }}
          >
            <Builder draft={draft} faults={faults} onChange={setDraft} />
            {problem && <Failure fault={problem} title="It is not saved" />}
            <Button type="submit" size="sm" disabled={!isMeant || !isChanged} loading={isBusy} data-testid="save-rule">
              {ruleSet ? `Save as version ${ruleSet.version + 1}` : "Save as a draft"}
            </Button>
          </form>
        </Panel>
      </div>
      <div className={styles["column"]}>
        <ReplayPanel subject={isMeant ? { rule_sets: [{ name: draft.name, definition }] } : null} />
        {ruleSet && <Past ruleSet={ruleSet} />}
      </div>
    </div>
  );
}

function Known({ ruleSetId }: { readonly ruleSetId: string }) {
  const { resource, reload } = useRuleSet(ruleSetId);
  const ruleSet = valueOf(resource);
  const problem = problemIn(resource);
  usePageTitle(ruleSet?.name ?? "Rule");
  if (ruleSet) return <Editor key={ruleSet.version} ruleSet={ruleSet} />;
  return problem ? <Failure fault={problem} title="The rule could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={10} columns={4} />;
}

function New() {
  usePageTitle("New rule");
  return <Editor ruleSet={null} />;
}

export default function RuleSetPage() {
  const { ruleSetId = "new" } = useParams();
  return ruleSetId === "new" ? <New /> : <Known key={ruleSetId} ruleSetId={ruleSetId} />;
}
