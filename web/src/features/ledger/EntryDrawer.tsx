/** One entry whole: its legs with every digit, where it came from, its place in the chain. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Entry } from "@/core/contracts";
import { useDisplay } from "@/core/display";
import { Instant, Mask } from "@/core/Figures";
import { What } from "@/features/ledger/cells";
import { SideDialog } from "@/shared/Dialog";
import { exactInstantText } from "@/shared/instants";
import styles from "./ledger.module.css";

function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const Exactly = ({ at }: { readonly at: string }) => <span>{exactInstantText(at, useDisplay().zone)}</span>;

function Legs({ entry }: { readonly entry: Entry }) {
  const { masked } = useDisplay();
  return (
    <table className={styles["legs"]}>
      <caption>Legs</caption>
      <thead>
        <tr>
          <th scope="col">Role</th>
          <th scope="col">Amount</th>
          <th scope="col">Asset</th>
          <th scope="col">Wallet</th>
        </tr>
      </thead>
      <tbody>
        {entry.legs.map(({ role, asset, amount, wallet = "spot" }, at) => (
          <tr key={at}>
            <td>{role}</td>
            <td>{masked ? <Mask /> : amount.startsWith("-") ? `−${amount.slice(1)}` : `+${amount}`}</td>
            <td>
              <Link to={`/ledger?asset=${encodeURIComponent(asset)}`}>{asset}</Link>
            </td>
            <td>{wallet}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function EntryBody({ entry, label }: { readonly entry: Entry; readonly label: string }) {
  return (
    <div className={styles["detail"]} data-testid="ledger-entry">
      <p className={styles["cardHead"]}>
        <What entry={entry} /> {entry.instrument} <Instant at={entry.occurred_at} />
      </p>
      <Legs entry={entry} />
      <dl>
        <Pair name="Occurred">
          <Exactly at={entry.occurred_at} />
        </Pair>
        <Pair name="Recorded">
          <Exactly at={entry.recorded_at} />
        </Pair>
        <Pair name="Account">
          <Link to={`/ledger?account=${entry.account_id}`}>{label}</Link>
        </Pair>
        <Pair name="Number in its chain">{entry.sequence}</Pair>
        <Pair name="Identity">
          <code>{entry.identity}</code>
        </Pair>
        <Pair name="Source">
          <code>{entry.source}</code>
        </Pair>
        {entry.order_id && (
          <Pair name="Order">
            <code>{entry.order_id}</code>
          </Pair>
        )}
        <Pair name="Correlation">
          <code>{entry.correlation_id}</code>
        </Pair>
        <Pair name="Previous hash">
          <code>{entry.previous_hash}</code>
        </Pair>
        <Pair name="Hash">
          <code>{entry.hash}</code>
        </Pair>
        <Pair name="Entry">
          <code>{entry.entry_id}</code>
        </Pair>
      </dl>
    </div>
  );
}

export function EntryDrawer({ entry, label, onClose }: { readonly entry: Entry | null; readonly label: string; readonly onClose: () => void }) {
  return (
    <SideDialog opened={entry !== null} onClose={onClose} size={480} title={entry ? `Entry ${entry.sequence} of ${label}` : ""}>
      {entry && <EntryBody entry={entry} label={label} />}
    </SideDialog>
  );
}
