/** Draft, shadow, live, paused: with what dangerous actions would do now, and a person's word for it. */
import { Button, Skeleton, TextInput } from "@mantine/core";
import { type SubmitEvent, useCallback, useState } from "react";
import { useNavigate } from "react-router";
import { useAbility } from "@casl/react";
import { useNow } from "@/core/clock";
import { Amount, Instant } from "@/core/Figures";
import type { Permissions } from "@/core/permissions";
import { type Problem, problemOf } from "@/core/problems";
import { problemIn, useResource, valueOf } from "@/core/resources";
import type { ActionPreview, RuleSet } from "@/core/rules_contracts";
import { useRulesDesk } from "@/core/rules";
import { useServices } from "@/core/services";
import { ModeMark } from "@/features/rules/RuleSetList";
import { actionWords, MODE_WORDS } from "@/features/rules/words";
import { Dialog } from "@/shared/Dialog";
import { Failure } from "@/shared/Panel";
import styles from "./rules.module.css";

const WORD = "live";

function useChanging() {
  const { resources, notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = (work: Promise<RuleSet>, onDone?: () => void) => {
    setBusy(true);
    setProblem(null);
    work
      .then((after) => {
        notices.say(`${after.name}: ${MODE_WORDS[after.mode].toLowerCase()}.`);
        resources.refresh("rules:");
        onDone?.();
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return { run, problem, isBusy };
}

export function PreviewItem({ preview }: { readonly preview: ActionPreview }) {
  const marketOf = (instrument: string) => instrument.split(":")[1]?.split("/") ?? [];
  return (
    <li>
      <strong>{actionWords(preview.action)}</strong>
      <ul>
        {preview.cancels.length > 0 && <li>cancels {preview.cancels.length} open orders</li>}
        {preview.sells.map(({ account_id, instrument, quantity, brings }) => (
          <li key={`${account_id} ${instrument}`} data-testid="would-sell">
            sells <Amount value={quantity} asset={marketOf(instrument)[0] ?? ""} /> for about <Amount value={brings} asset={marketOf(instrument)[1] ?? ""} places={2} />
          </li>
        ))}
        {preview.order && (
          <li>
            {preview.order.side}s <Amount value={preview.order.quantity} asset={marketOf(preview.order.instrument)[0] ?? ""} />
          </li>
        )}
        {preview.residue.map(({ account_id, asset, quantity, why }) => (
          <li key={`${account_id} ${asset}`}>
            leaves <Amount value={quantity} asset={asset} /> <span className={styles["dim"]}>{why.replaceAll("_", " ")}</span>
          </li>
        ))}
        {preview.code && (
          <li className={styles["warn"]}>
            {preview.message} <code>{preview.code}</code>
          </li>
        )}
      </ul>
    </li>
  );
}

function Consequences({ ruleSet }: { readonly ruleSet: RuleSet }) {
  const rules = useRulesDesk();
  const { resources } = useServices();
  const load = useCallback(() => rules.preview(ruleSet.definition.actions), [rules, ruleSet]);
  const { resource, reload } = useResource(resources, `rules:preview:${ruleSet.rule_set_id}:${ruleSet.version}`, load);
  const preview = valueOf(resource);
  const problem = problemIn(resource);
  if (!preview) return problem ? <Failure fault={problem} title="What it would do now could not be shown" onRetry={() => void reload()} /> : <Skeleton height={120} />;
  return (
    <>
      <p>If it fired now, it would:</p>
      <ol className={styles["consequences"]} data-testid="preview-actions">
        {preview.items.map((item) => (
          <PreviewItem key={item.step} preview={item} />
        ))}
      </ol>
    </>
  );
}

function LiveForm({ ruleSet, onClose }: { readonly ruleSet: RuleSet; readonly onClose: () => void }) {
  const rules = useRulesDesk();
  const { run, problem, isBusy } = useChanging();
  const [typed, setTyped] = useState("");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    run(rules.goLive(ruleSet), onClose);
  };
  const now = useNow();
  const isDue = ruleSet.live_from !== null && Date.parse(ruleSet.live_from) <= now;
  const isReady = !ruleSet.is_dangerous || (isDue && typed.trim().toLowerCase() === WORD);
  return (
    <form className={styles["detail"]} onSubmit={onSubmit} data-testid="live-form">
      <Consequences ruleSet={ruleSet} />
      {ruleSet.is_dangerous && (
        <>
          <p data-testid="live-from">
            {ruleSet.live_from === null ? (
              "It sells or trades, so it runs in shadow for some days before it may go live."
            ) : isDue ? (
              "It ran in shadow as long as it has to."
            ) : (
              <>
                It may go live from <Instant at={ruleSet.live_from} /> on: so long it has to run in shadow.
              </>
            )}
          </p>
          <TextInput label={`Type “${WORD}” to let it do so by itself, at any hour`} value={typed} autoComplete="off" data-autofocus onChange={(event) => setTyped(event.currentTarget.value)} />
        </>
      )}
      {problem && <Failure fault={problem} title="It is not live" />}
      <Button type="submit" color="red" disabled={!isReady} loading={isBusy}>
        Go live
      </Button>
    </form>
  );
}

function useRemoving(ruleSet: RuleSet) {
  const rules = useRulesDesk();
  const { resources, notices } = useServices();
  const navigate = useNavigate();
  return () =>
    rules.remove(ruleSet.rule_set_id).then(
      () => {
        notices.say(`${ruleSet.name} is removed.`);
        resources.refresh("rules:");
        void navigate("/rules");
      },
      (thrown: unknown) => notices.say(problemOf(thrown).detail, "failed"),
    );
}

export function ModePanel({ ruleSet, isChanged }: { readonly ruleSet: RuleSet; readonly isChanged: boolean }) {
  const rules = useRulesDesk();
  const { run, problem, isBusy } = useChanging();
  const [isAsking, setAsking] = useState(false);
  const remove = useRemoving(ruleSet);
  const may = useAbility<Permissions>();
  if (!may.can("update", "RuleSet")) return <ModeMark mode={ruleSet.mode} />;
  const button = (mode: "shadow" | "paused" | "draft", label: string) =>
    ruleSet.mode !== mode && (
      <Button size="compact-xs" variant="default" loading={isBusy} disabled={isChanged} onClick={() => run(rules.setMode(ruleSet, mode))} data-testid={`mode-${mode}`}>
        {label}
      </Button>
    );
  const isWatched = ruleSet.mode === "shadow" || ruleSet.mode === "live";
  return (
    <>
      <div className={styles["head"]}>
        <ModeMark mode={ruleSet.mode} />
        {button("shadow", "Run in shadow")}
        {isWatched && button("paused", "Pause")}
        {ruleSet.mode !== "live" && (
          <Button size="compact-xs" variant="default" disabled={isChanged} onClick={() => setAsking(true)} data-testid="mode-live">
            Go live…
          </Button>
        )}
        {ruleSet.mode === "paused" && button("draft", "Back to draft")}
        {!isWatched && may.can("delete", "RuleSet") && (
          <Button size="compact-xs" variant="subtle" color="red" onClick={() => void remove()}>
            Remove
          </Button>
        )}
      </div>
      {isChanged && <p className={styles["dim"]}>Save or undo the changes first: a mode is of a saved version.</p>}
      {problem && <Failure fault={problem} title="The mode is unchanged" />}
      <Dialog opened={isAsking} onClose={() => setAsking(false)} title={`Let “${ruleSet.name}” act`} size={520}>
        {isAsking && <LiveForm ruleSet={ruleSet} onClose={() => setAsking(false)} />}
      </Dialog>
    </>
  );
}
