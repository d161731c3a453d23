/** Futures positions: what is open at venues. It is in the portfolio's value and in no ledger before it is closed. */
import { useMediaQuery } from "@mantine/hooks";
import type { AccountValue, Position } from "@/core/contracts";
import { useDisplay } from "@/core/display";
import { Age, Amount } from "@/core/Figures";
import { usePositions } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import type { Decimal } from "@/shared/decimals";
import { figureText } from "@/shared/figures";
import { Failure, Panel, StaleNote } from "@/shared/Panel";
import styles from "./contracts.module.css";

const PRICE_PLACES = 2;
const NO_LIQUIDATION = "The venue tells none: the wallet bears the position at any price";

const Side = ({ side }: Pick<Position, "side">) => (
  <span className={styles["side"]} data-side={side}>
    {side}
  </span>
);

/** What everybody can see of a market: masking leaves it. */
function Mark({ value }: { readonly value: Decimal }) {
  const { locale } = useDisplay();
  return <span title={value}>{figureText(value, { places: PRICE_PLACES, signed: false, locale })}</span>;
}

interface RowProps {
  readonly position: Position;
  readonly label: string;
}

const figuresOf = ({ quantity, entry_price, mark_price, unrealised_pnl, liquidation_price, settle }: Position) => ({
  Quantity: <Amount value={quantity} />,
  Entry: <Amount value={entry_price} places={PRICE_PLACES} />,
  Mark: <Mark value={mark_price} />,
  Unrealised: <Amount value={unrealised_pnl} places={PRICE_PLACES} asset={settle} signed />,
  Liquidation: <Amount value={liquidation_price} places={PRICE_PLACES} why={NO_LIQUIDATION} />,
});

const NAMES = ["Quantity", "Entry", "Mark", "Unrealised", "Liquidation"] as const;

function Row({ position, label }: RowProps) {
  const figures = figuresOf(position);
  return (
    <tr>
      <th scope="row">{position.contract}</th>
      <td>
        <Side side={position.side} />
      </td>
      {NAMES.map((name) => (
        <td key={name} className={styles["number"]}>
          {figures[name]}
        </td>
      ))}
      <td>{label}</td>
      <td>
        <Age at={position.reported_at} />
      </td>
    </tr>
  );
}

function Card({ position, label }: RowProps) {
  const figures = figuresOf(position);
  return (
    <li>
      <div className={styles["head"]}>
        <strong>{position.contract}</strong>
        <Side side={position.side} />
        <span className={styles["dim"]}>{label}</span>
        <Age at={position.reported_at} />
      </div>
      <dl>
        {NAMES.map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{figures[name]}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

const Table = ({ rows }: { readonly rows: readonly RowProps[] }) => (
  <table className={styles["table"]}>
    <thead>
      <tr>
        <th scope="col">Contract</th>
        <th scope="col">Side</th>
        {NAMES.map((name) => (
          <th key={name} scope="col" className={styles["number"]}>
            {name}
          </th>
        ))}
        <th scope="col">Account</th>
        <th scope="col">As of</th>
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <Row key={`${row.position.account_id} ${row.position.contract} ${row.position.side}`} {...row} />
      ))}
    </tbody>
  </table>
);

const Cards = ({ rows }: { readonly rows: readonly RowProps[] }) => (
  <ul className={styles["cards"]}>
    {rows.map((row) => (
      <Card key={`${row.position.account_id} ${row.position.contract} ${row.position.side}`} {...row} />
    ))}
  </ul>
);

/** Who holds no contract sees no panel: most accounts never have one. */
export function ContractsPanel({ accounts }: { readonly accounts: readonly Pick<AccountValue, "account_id" | "label">[] }) {
  const { resource, reload } = usePositions();
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const positions = valueOf(resource);
  const problem = problemIn(resource);
  const [first] = positions ?? [];
  if (!first && !problem) return null;
  const rows = (positions ?? []).map((position) => ({
    position,
    label: accounts.find(({ account_id }) => account_id === position.account_id)?.label ?? "",
  }));
  return (
    <Panel title={`Futures positions (${rows.length})`} testId="contracts">
      {problem && !positions && <Failure fault={problem} title="The open contracts could not be shown" onRetry={() => void reload()} />}
      {problem && first && <StaleNote fault={problem} age={<Age at={first.reported_at} />} onRetry={() => void reload()} />}
      {first && <div className={`${styles["scroll"]} ${problem ? "quiet" : ""}`}>{isNarrow ? <Cards rows={rows} /> : <Table rows={rows} />}</div>}
    </Panel>
  );
}
