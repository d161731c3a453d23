/** One venue's budget: each way out with its limits, and how requests fared. */
import type { BudgetEgress, BudgetWait, VenueBudget } from "@/core/contracts";
import { Count, Instant } from "@/core/Figures";
import { LimitBar } from "@/features/budgets/LimitBar";
import { addressesOf, countsText, meanText, PRIORITIES, STATES, sumOf, waitText } from "@/features/budgets/words";
import { Dot, Mark } from "@/shared/Mark";
import styles from "./budgets.module.css";

interface EgressRowProps {
  readonly egress: BudgetEgress;
  readonly asOf: string;
  readonly elapsedMs: number;
}

function EgressRow({ egress, asOf, elapsedMs }: EgressRowProps) {
  const { tone, word } = STATES[egress.state];
  return (
    <li className={`${styles["egress"]} ${egress.state === "gone" ? "quiet" : ""}`} data-testid="budget-row" data-state={egress.state}>
      <div className={styles["who"]}>
        <span className={styles["egressName"]}>
          <Dot tone={tone} />
          <strong>{egress.egress}</strong>
          <Mark tone={tone}>{word}</Mark>
        </span>
        {egress.address && <code>{egress.address}</code>}
        {egress.banned_until && (
          <span className={styles["banned"]}>
            until <Instant at={egress.banned_until} />
          </span>
        )}
      </div>
      <div className={styles["limits"]}>
        {egress.limits.map((limit) => (
          <LimitBar key={limit.limit} limit={limit} of={egress.egress} asOf={asOf} elapsedMs={elapsedMs} />
        ))}
        {egress.limits.length === 0 && <p className={styles["note"]}>This venue counts by rate or by key, not by address in windows.</p>}
      </div>
    </li>
  );
}

function Waits({ waits, venue, minutes }: { readonly waits: readonly BudgetWait[]; readonly venue: string; readonly minutes: number }) {
  return (
    <table className={styles["waits"]}>
      <caption className="hidden-text">Waits at {venue} by priority</caption>
      <thead>
        <tr>
          <th scope="col">Waits, last {minutes} min</th>
          <th scope="col">Granted</th>
          <th scope="col" className={styles["mean"]}>
            Mean
          </th>
          <th scope="col">p50</th>
          <th scope="col">p99</th>
        </tr>
      </thead>
      <tbody>
        {waits.map(({ priority, granted, mean_ms, p50_ms, p99_ms }) => (
          <tr key={priority}>
            <th scope="row">{PRIORITIES[priority]}</th>
            <td>
              <Count value={granted} />
            </td>
            <td className={styles["mean"]}>{meanText(mean_ms)}</td>
            <td>{waitText(p50_ms, granted)}</td>
            <td>{waitText(p99_ms, granted)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Outcomes({ budget }: { readonly budget: VenueBudget }) {
  const { refused, answered_429, answered_418, folded_weight, cache, hit_ratio } = budget;
  const toldToWait = sumOf(refused);
  return (
    <dl className={styles["outcomes"]}>
      <div title={countsText(refused) || "Nobody was told to wait"}>
        <dt>Told to wait</dt>
        <dd>
          <Count value={toldToWait} />
        </dd>
      </div>
      <div data-tone={answered_429 > 0 ? "warn" : undefined}>
        <dt>Answered 429</dt>
        <dd>
          <Count value={answered_429} />
        </dd>
      </div>
      <div data-tone={answered_418 > 0 ? "bad" : undefined}>
        <dt>Answered 418</dt>
        <dd>
          <Count value={answered_418} />
        </dd>
      </div>
      <div title={countsText(cache) || "Nothing was asked that could be shared"}>
        <dt>Cache hits</dt>
        <dd>{hit_ratio === null ? "—" : `${(hit_ratio * 100).toFixed(1)} %`}</dd>
      </div>
      <div title="What the venue had counted that the desk had not: others at the same address">
        <dt>Used by others</dt>
        <dd>
          <Count value={folded_weight} />
        </dd>
      </div>
    </dl>
  );
}

/** Keys that a venue takes from listed addresses only are refused from any that is left out. */
function AddressesToAllow({ egresses, venue }: { readonly egresses: readonly BudgetEgress[]; readonly venue: string }) {
  const { known, isWhole } = addressesOf(egresses);
  if (egresses.length === 0) return null;
  return (
    <p className={styles["allow"]} data-testid="budget-addresses">
      If a key is restricted to addresses at <span className={styles["names"]}>{venue}</span>, allow{" "}
      {known.map((address, index) => (
        <span key={address}>
          {index > 0 && ", "}
          <code>{address}</code>
        </span>
      ))}
      {known.length > 0 && !isWhole && " and "}
      {!isWhole && "the address this desk reaches the internet from"}
      {known.length > 1 && isWhole && " (all of them)"}.
    </p>
  );
}

interface VenueBudgetItemProps {
  readonly budget: VenueBudget;
  readonly elapsedMs: number;
}

export function VenueBudgetItem({ budget, elapsedMs }: VenueBudgetItemProps) {
  return (
    <section className={styles["venue"]} aria-label={budget.venue} data-testid="budget-venue">
      <header className={styles["head"]}>
        <h3>{budget.venue}</h3>
      </header>
      <div className={styles["columns"]}>
        <ul className={styles["egresses"]}>
          {budget.egresses.map((egress) => (
            <EgressRow key={egress.egress} egress={egress} asOf={budget.as_of} elapsedMs={elapsedMs} />
          ))}
          {budget.egresses.length === 0 && <li className={styles["note"]}>No way out is alive: nothing is sent to this venue now.</li>}
        </ul>
        <div className={styles["fared"]}>
          <Waits waits={budget.waits} venue={budget.venue} minutes={Math.round(budget.window_s / 60)} />
          <Outcomes budget={budget} />
        </div>
      </div>
      <AddressesToAllow egresses={budget.egresses} venue={budget.venue} />
    </section>
  );
}
