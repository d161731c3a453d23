/** What is known of a doubt: texts as they are, told events as their legs. */
import { Fragment } from "react";
import type { Finding } from "@/core/books_contracts";
import { useDisplay } from "@/core/display";
import { Mask } from "@/core/Figures";
import { exactInstantText } from "@/shared/instants";

const NAMES: Readonly<Record<string, string>> = {
  identity: "Event",
  balance: "Balance after it",
  lacking: "Missing",
  derived: "Derived from history",
  reported: "Reported by the venue",
  difference: "Difference",
  open_since: "Differs since",
  proven_until: "Proven until",
  booked: "Booked",
  told: "Told again as",
  reason: "Reason",
  row: "Row",
  tx_hash: "Transaction",
  address: "Address",
  network: "Network",
  amount: "Amount",
  fee: "Fee",
  code: "Code",
};
const AMOUNTS = new Set(["balance", "lacking", "derived", "reported", "difference", "amount", "fee"]);
const INSTANTS = new Set(["open_since", "proven_until"]);

interface Told {
  readonly kind: string;
  readonly occurred_at: string;
  readonly legs: readonly { readonly asset: string; readonly amount: string }[];
}

const isTold = (value: unknown): value is Told => typeof value === "object" && value !== null && "legs" in value && Array.isArray(value.legs);

function Shown({ name, value }: { readonly name: string; readonly value: unknown }) {
  const { masked, zone } = useDisplay();
  if (isTold(value)) {
    return (
      <>
        {value.kind}, {exactInstantText(value.occurred_at, zone)}
        <br />
        {masked ? <Mask /> : value.legs.map(({ asset, amount }) => `${amount} ${asset}`).join(", ")}
      </>
    );
  }
  if (typeof value !== "string") return masked ? <Mask /> : <code>{JSON.stringify(value)}</code>;
  if (AMOUNTS.has(name)) return masked ? <Mask /> : <>{value}</>;
  return INSTANTS.has(name) ? <>{exactInstantText(value, zone)}</> : <code>{value}</code>;
}

export function Details({ finding }: { readonly finding: Finding }) {
  const told = Object.entries(finding.details).filter(([name, value]) => name in NAMES && value !== null && value !== "");
  return told.map(([name, value]) => (
    <Fragment key={name}>
      <div>
        <dt>{NAMES[name]}</dt>
        <dd>
          <Shown name={name} value={value} />
        </dd>
      </div>
    </Fragment>
  ));
}
