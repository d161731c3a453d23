/** A firing explained: each hop, what was seen, what it did step by step, orders and fills, who heard of it. */
import type { ReactNode } from "react";
import { useAlertsOf } from "@/core/alerting";
import type { Alert } from "@/core/alerts_contracts";
import { Age, Amount, Instant } from "@/core/Figures";
import { AnsweredAge } from "@/core/Freshness";
import { problemIn, valueOf } from "@/core/resources";
import { chainKey, useChain, useFiring, useJudged } from "@/core/rules";
import type { Firing, FiringRuns, Intent, Run } from "@/core/rules_contracts";
import { Evidence } from "@/features/rules/Evidence";
import { Heard, HopList } from "@/features/rules/FiringHops";
import { hopsOfFiring } from "@/features/rules/hops";
import { actionWords, shortened } from "@/features/rules/words";
import { SideDialog } from "@/shared/Dialog";
import { Failure, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./rules.module.css";

function IntentItem({ intent }: { readonly intent: Intent }) {
  const { wanted, order } = intent;
  const [base = "", quote = ""] = wanted?.instrument.split(":")[1]?.split("/") ?? [];
  return (
    <li>
      {wanted ? (
        <>
          {wanted.side} <Amount value={wanted.quantity} asset={base} /> on {wanted.instrument.split(":")[1]}
        </>
      ) : (
        intent.kind
      )}{" "}
      <span className={styles["dim"]}>{order?.state ?? intent.state}</span>
      {intent.code && (
        <span className={styles["warn"]}>
          {" "}
          {intent.message} <code>{intent.code}</code>
        </span>
      )}
      {wanted && (
        <div>
          filled <Amount value={intent.filled} asset={base} /> for <Amount value={intent.filled_quote} asset={quote} />
        </div>
      )}
      {intent.fills.map((fill) => (
        <div key={fill.entry_id} className={styles["dim"]}>
          ledger #{fill.sequence}, <Instant at={fill.occurred_at} />:{" "}
          {fill.legs.map((leg, at) => (
            <span key={at}>
              <Amount value={leg.amount} asset={leg.asset} signed />{" "}
            </span>
          ))}
        </div>
      ))}
    </li>
  );
}

function RunItem({ run }: { readonly run: Run }) {
  return (
    <li>
      <strong>{actionWords(run.action)}</strong> <span className={styles["dim"]}>{run.state}</span> {run.finished_at && <Age at={run.finished_at} />}
      {run.code && (
        <p className={styles["warn"]}>
          {run.message} <code>{run.code}</code>
        </p>
      )}
      <ul>
        {run.intents.map((intent) => (
          <IntentItem key={intent.key} intent={intent} />
        ))}
        {run.residue.map(({ account_id, asset, quantity, why }) => (
          <li key={`${account_id} ${asset}`}>
            left: <Amount value={quantity} asset={asset} /> <span className={styles["dim"]}>{why.replaceAll("_", " ")}</span>
          </li>
        ))}
      </ul>
    </li>
  );
}

function Runs({ chain }: { readonly chain: FiringRuns }) {
  return (
    <ol className={styles["chain"]} aria-label="What it did">
      {chain.runs.map((run) => (
        <RunItem key={run.step} run={run} />
      ))}
    </ol>
  );
}

/** What was seen is shown at once; what it did and who heard of it follow as they are known. */
function Parts({ firing, did, alerts, chain }: { readonly firing: Firing; readonly did: ReactNode; readonly alerts: readonly Alert[] | null; readonly chain: FiringRuns | null }) {
  const judged = valueOf(useJudged(firing.rule_set_id).resource) ?? [];
  return (
    <div className={styles["detail"]} data-testid="firing-detail">
      <p>
        Fired <Instant at={firing.fired_at} />, at the market&apos;s <Instant at={firing.instant} />, by version {firing.version} ({firing.mode}). {shortened(firing.reason)}
      </p>
      <h3>How long it took</h3>
      <HopList hops={hopsOfFiring({ firing, chain, judged, alerts: alerts ?? [] })} />
      <h3>What it saw</h3>
      <Evidence seen={firing.evidence} />
      <h3>What it did</h3>
      {did}
      {firing.mode !== "shadow" && (
        <>
          <h3>Who heard of it</h3>
          {alerts === null ? <TableSkeleton rows={2} columns={2} /> : <Heard alerts={alerts} />}
        </>
      )}
      <p className={styles["ids"]}>Correlation {firing.correlation_id}</p>
    </div>
  );
}

function Acted({ firing }: { readonly firing: Firing }) {
  const { resource, reload } = useChain(firing.firing_id);
  const told = useAlertsOf(firing.correlation_id, firing.fired_at);
  const chain = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  const failed = problemIn(told.resource);
  const did = (
    <>
      {chain && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={chainKey(firing.firing_id)} />} onRetry={again} />}
      {chain ? <Runs chain={chain} /> : problem ? <Failure fault={problem} title="What it did could not be shown" onRetry={again} /> : <TableSkeleton rows={4} columns={2} />}
      {failed && valueOf(told.resource) === null && <Failure fault={failed} title="Its alerts could not be shown" onRetry={() => void told.reload()} />}
    </>
  );
  return <Parts firing={firing} did={did} chain={chain} alerts={valueOf(told.resource) ?? (failed ? [] : null)} />;
}

function Loaded({ firingId }: { readonly firingId: string }) {
  const { resource, reload } = useFiring(firingId);
  const firing = valueOf(resource);
  const problem = problemIn(resource);
  if (!firing) return problem ? <Failure fault={problem} title="The firing could not be shown" onRetry={() => void reload()} /> : <TableSkeleton rows={6} columns={2} />;
  if (firing.mode === "shadow") return <Parts firing={firing} did={<p>In shadow nothing is done. The page of its rule tells what it would have come to.</p>} chain={null} alerts={[]} />;
  return <Acted firing={firing} />;
}

export function FiringDrawer({ firingId, onClose }: { readonly firingId: string | null; readonly onClose: () => void }) {
  return (
    <SideDialog opened={firingId !== null} onClose={onClose} title="Why it fired, and what it did" size={560}>
      {firingId && <Loaded firingId={firingId} />}
    </SideDialog>
  );
}
