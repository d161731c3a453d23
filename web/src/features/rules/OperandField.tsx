/** Picks what is compared: a number, a price, a figure of the portfolio, an indicator, or an expression of one's own. */
import { NativeSelect, TextInput } from "@mantine/core";
import { RESOLUTIONS } from "@/core/candles";
import { useFunctions } from "@/core/indicators";
import { useAccounts, usePortfolioId } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { MARKET_METRICS, NEEDS_ASSET, OF_EVERYTHING, type Picked, pickedOf, PORTFOLIO_METRICS, textOf } from "@/features/rules/operands";
import styles from "./rules.module.css";

const KINDS: readonly { readonly value: Picked["kind"]; readonly label: string }[] = [
  { value: "number", label: "Number" },
  { value: "market", label: "Price" },
  { value: "portfolio", label: "Value or balance" },
  { value: "indicator", label: "Indicator" },
  { value: "text", label: "Formula" },
];
const MARKET = "BINANCE:BTC/USDT";
const named = (metric: string) => ({ value: metric, label: metric.replaceAll("_", " ") });

interface PartProps<Kind extends Picked["kind"]> {
  readonly picked: Extract<Picked, { kind: Kind }>;
  readonly onPick: (picked: Picked) => void;
}

function MarketPart({ picked, onPick }: PartProps<"market">) {
  return (
    <>
      <NativeSelect size="xs" aria-label="Figure" data={MARKET_METRICS.map(named)} value={picked.metric} onChange={(event) => onPick({ ...picked, metric: event.currentTarget.value })} />
      <TextInput size="xs" aria-label="Market" value={picked.market} spellCheck={false} onChange={(event) => onPick({ ...picked, market: event.currentTarget.value.toUpperCase() })} />
    </>
  );
}

/** The portfolio and every account as something that has a figure. */
function usePlaces() {
  const portfolioId = usePortfolioId();
  const accounts = valueOf(useAccounts().resource) ?? [];
  return [{ value: `PORTFOLIO:${portfolioId}`, label: "Portfolio" }, ...accounts.map(({ account_id, label }) => ({ value: `ACCOUNT:${account_id}`, label }))];
}

function PortfolioPart({ picked, onPick }: PartProps<"portfolio">) {
  const places = usePlaces();
  return (
    <>
      <NativeSelect size="xs" aria-label="Figure" data={PORTFOLIO_METRICS.map(named)} value={picked.metric} onChange={({ currentTarget: { value: metric } }) => onPick({ ...picked, metric, asset: OF_EVERYTHING.includes(metric) ? "" : picked.asset })} />
      <NativeSelect size="xs" aria-label="Of" data={places} value={picked.of} onChange={(event) => onPick({ ...picked, of: event.currentTarget.value })} />
      {!OF_EVERYTHING.includes(picked.metric) && (
        <TextInput
          size="xs"
          aria-label="Asset"
          placeholder={NEEDS_ASSET.includes(picked.metric) ? "BTC" : "all assets"}
          value={picked.asset}
          onChange={(event) => onPick({ ...picked, asset: event.currentTarget.value.toUpperCase() })}
        />
      )}
    </>
  );
}

function IndicatorPart({ picked, onPick }: PartProps<"indicator">) {
  const functions = valueOf(useFunctions().resource) ?? [];
  const chosen = functions.find(({ name }) => name === picked.name);
  const put = (at: number, value: string) => {
    const all = (chosen?.parameters ?? []).map((parameter, index) => picked.parameters[index] ?? String(parameter.default));
    onPick({ ...picked, parameters: all.with(at, value) });
  };
  const names = functions.filter(({ inputs }) => inputs.every(({ field }) => field !== null)).map(({ name, title }) => ({ value: name, label: `${name}: ${title}` }));
  return (
    <>
      <NativeSelect size="xs" aria-label="Indicator" data={names.length > 0 ? names : [picked.name]} value={picked.name} onChange={(event) => onPick({ ...picked, name: event.currentTarget.value, parameters: [], output: "" })} />
      <TextInput size="xs" aria-label="Series" value={picked.series} spellCheck={false} onChange={(event) => onPick({ ...picked, series: event.currentTarget.value })} />
      <NativeSelect size="xs" aria-label="Bars" data={[...RESOLUTIONS]} value={picked.resolution} onChange={(event) => onPick({ ...picked, resolution: event.currentTarget.value })} />
      {chosen?.parameters.map((parameter, at) => (
        <TextInput key={parameter.name} size="xs" label={parameter.name} value={picked.parameters[at] ?? String(parameter.default)} onChange={(event) => put(at, event.currentTarget.value)} />
      ))}
      {chosen && chosen.outputs.length > 1 && (
        <NativeSelect size="xs" label="Output" data={chosen.outputs.map(({ name }) => name)} value={picked.output || chosen.outputs[0]?.name} onChange={(event) => onPick({ ...picked, output: event.currentTarget.value })} />
      )}
    </>
  );
}

interface OperandFieldProps {
  readonly label: string;
  readonly value: string;
  readonly fault: string | undefined;
  readonly onChange: (text: string) => void;
}

export function OperandField({ label, value, fault, onChange }: OperandFieldProps) {
  const own = `PORTFOLIO:${usePortfolioId()}`;
  const picked = pickedOf(value);
  const onPick = (next: Picked) => onChange(textOf(next));
  const firsts: Readonly<Record<Picked["kind"], Picked>> = {
    number: { kind: "number", text: "30" },
    market: { kind: "market", metric: "price", market: MARKET },
    portfolio: { kind: "portfolio", metric: "value", of: own, asset: "" },
    indicator: { kind: "indicator", name: "RSI", series: MARKET, resolution: "15m", parameters: ["14"], output: "" },
    text: { kind: "text", text: `close(${MARKET},1h) * 1.05` },
  };
  return (
    <div role="group" aria-label={label}>
      <div className={styles["line"]}>
        <NativeSelect size="xs" label={label} data={[...KINDS]} value={picked.kind} onChange={(event) => onPick(firsts[event.currentTarget.value as Picked["kind"]])} />
        {picked.kind === "market" && <MarketPart picked={picked} onPick={onPick} />}
        {picked.kind === "portfolio" && <PortfolioPart picked={picked} onPick={onPick} />}
        {picked.kind === "indicator" && <IndicatorPart picked={picked} onPick={onPick} />}
        {(picked.kind === "number" || picked.kind === "text") && <TextInput size="xs" aria-label={`${label}, written out`} value={value} spellCheck={false} onChange={(event) => onChange(event.currentTarget.value)} />}
      </div>
      {fault && (
        <p className={styles["fault"]} role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
