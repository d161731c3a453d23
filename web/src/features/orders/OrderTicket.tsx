/** The ticket: by keyboard from top to bottom, Enter places, Escape clears. */
import { Button, Checkbox, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { type KeyboardEvent, type SubmitEvent, useEffect, useId, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import type { Account } from "@/core/contracts";
import { newCorrelationId } from "@/core/http";
import { type Problem, problemOf } from "@/core/problems";
import { useAccounts } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { type Size, useHalts, type Wanted } from "@/core/trading";
import { type OrderType, type Preview, type Side, TYPES } from "@/core/trading_contracts";
import { PreviewLines } from "@/features/orders/PreviewLines";
import { useMarketNames } from "@/features/orders/useMarketNames";
import { usePreview } from "@/features/orders/usePreview";
import { hasPrice, hasStopPrice, outcomeText, sizeOf, TYPE_WORDS } from "@/features/orders/words";
import { isDecimal, ZERO } from "@/shared/decimals";
import { Empty, Failure, Panel } from "@/shared/Panel";
import styles from "./orders.module.css";

interface Draft {
  readonly account: string;
  readonly market: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly size: string;
  readonly price: string;
  readonly stop: string;
  readonly reduceOnly: boolean;
}

const EMPTY = { side: "buy", type: "market", size: "", price: "", stop: "", reduceOnly: false } as const;

const wrongPrice = (typed: string): string | null => (typed && !isDecimal(typed.trim()) ? "Not a price, such as 1234.5" : null);

const NO_ATTEMPT = { of: "", key: "", quantity: ZERO };

const CONFLICT = 409;

/** Whether the desk says for certain that nothing was placed; a conflict may be the first attempt, still on its way. */
const isRefusal = (told: Problem): boolean => !told.isOutage && told.status !== CONFLICT;

/** The order that the draft means, or null while it is not one. */
function wantedOf(draft: Draft, account: Account | undefined): Wanted | null {
  const market = draft.market.toUpperCase().trim();
  const [price, stop] = [draft.price.trim(), draft.stop.trim()];
  if (!account || !/^[^/\s]+\/[^/\s]+$/.test(market)) return null;
  if ((hasPrice(draft.type) && !isDecimal(price)) || (hasStopPrice(draft.type) && !isDecimal(stop))) return null;
  return {
    account_id: account.account_id,
    instrument: `${account.venue.toUpperCase()}:${market}`,
    side: draft.side,
    type: draft.type,
    price: hasPrice(draft.type) ? price : undefined,
    stop_price: hasStopPrice(draft.type) ? stop : undefined,
    reduce_only: draft.reduceOnly,
  };
}

/**
 * Places what was previewed. What was typed is one order however often it is sent: its quantity stays the one that went out first, though
 * the preview moves on, until the desk places it or refuses it, or something else is typed.
 */
function usePlacing(onPlaced: () => void) {
  const { trading, resources, notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const attempt = useRef(NO_ATTEMPT);
  const place = (wanted: Wanted, size: Size, { quantity }: Preview) => {
    const of = JSON.stringify([wanted, size]);
    if (attempt.current.of !== of) attempt.current = { of, key: newCorrelationId(), quantity };
    setBusy(true);
    setProblem(null);
    trading
      .place(wanted, attempt.current.quantity, attempt.current.key)
      .then((order) => {
        attempt.current = NO_ATTEMPT;
        notices.say(outcomeText(order), order.state === "rejected" || order.state === "unknown" ? "failed" : "done");
        for (const prefix of ["orders:", "portfolio", "halts"]) resources.refresh(prefix);
        onPlaced();
      })
      .catch((thrown: unknown) => {
        const told = problemOf(thrown);
        if (isRefusal(told)) attempt.current = NO_ATTEMPT;
        setProblem(told);
      })
      .finally(() => setBusy(false));
  };
  return { place, problem, isBusy, forget: () => setProblem(null) };
}

function Ticket({ accounts }: { readonly accounts: readonly Account[] }) {
  const [search, setSearch] = useSearchParams();
  const input = useRef<HTMLInputElement>(null);
  const isCalled = search.get("new") === "1";
  useEffect(() => {
    if (!isCalled) return;
    input.current?.focus();
    setSearch((before) => new URLSearchParams([...before].filter(([name]) => name !== "new")), { replace: true });
  }, [isCalled, setSearch]);
  const start: Draft = { ...EMPTY, account: search.get("account") ?? accounts[0]?.account_id ?? "", market: search.get("market") ?? "BTC/USDT" };
  const [draft, setDraft] = useState<Draft>(start);
  const put = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const account = accounts.find(({ account_id }) => account_id === draft.account) ?? accounts[0];
  const wanted = wantedOf(draft, account);
  const quote = draft.market.toUpperCase().split("/")[1]?.trim() ?? "";
  const size = draft.size ? sizeOf(draft.size, quote) : null;
  const previewed = usePreview(wanted, size);
  const { place, problem, isBusy, forget } = usePlacing(() => put({ size: "" }));
  const isHalted = valueOf(useHalts().resource)?.halted ?? false;
  const names = useMarketNames(account?.venue ?? "");
  const list = useId();
  const preview = previewed.kind === "ready" ? previewed.preview : null;
  const isReady = wanted !== null && size !== null && preview?.code === null;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isReady && !isBusy) place(wanted, size, preview);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    put({ size: "", price: "", stop: "" });
    forget();
    (document.activeElement as HTMLElement | null)?.blur();
  };
  const base = draft.market.toUpperCase().split("/")[0]?.trim() ?? "";
  return (
    <form className={styles["ticket"]} onSubmit={onSubmit} onKeyDown={onKeyDown} aria-label="New order" data-testid="ticket">
      <NativeSelect
        label="Account"
        size="xs"
        value={account?.account_id ?? ""}
        data={accounts.map(({ account_id, label }) => ({ value: account_id, label }))}
        onChange={(event) => put({ account: event.currentTarget.value })}
      />
      <TextInput label="Market" size="xs" value={draft.market} list={list} autoComplete="off" spellCheck={false} onChange={(event) => put({ market: event.currentTarget.value })} />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="Side"
        className={styles["sides"] ?? ""}
        data-side={draft.side}
        data={[
          { value: "buy", label: "Buy" },
          { value: "sell", label: "Sell" },
        ]}
        value={draft.side}
        onChange={(side) => put({ side })}
      />
      <NativeSelect
        label="Type"
        size="xs"
        value={draft.type}
        data={TYPES.map((type) => ({ value: type, label: TYPE_WORDS[type] }))}
        onChange={(event) => put({ type: event.currentTarget.value as OrderType })}
      />
      {hasStopPrice(draft.type) && (
        <TextInput label={`Stop price, ${quote}`} size="xs" inputMode="decimal" autoComplete="off" error={wrongPrice(draft.stop)} value={draft.stop} onChange={(event) => put({ stop: event.currentTarget.value })} />
      )}
      {hasPrice(draft.type) && (
        <TextInput label={`Limit price, ${quote}`} size="xs" inputMode="decimal" autoComplete="off" error={wrongPrice(draft.price)} value={draft.price} onChange={(event) => put({ price: event.currentTarget.value })} />
      )}
      <TextInput
        ref={input}
        label="Quantity"
        size="xs"
        autoComplete="off"
        placeholder={`0.5, 1000 ${quote || "USDT"}, 25%`}
        description={`${base || "base"} as it is, ${quote || "quote"} with its name, or a part of what is free`}
        error={draft.size && !size ? "Not a quantity" : null}
        value={draft.size}
        onChange={(event) => put({ size: event.currentTarget.value })}
        data-testid="ticket-size"
      />
      <Checkbox
        size="xs"
        label="Only reduce"
        description="Never sells more than the account holds"
        checked={draft.reduceOnly}
        onChange={(event) => put({ reduceOnly: event.currentTarget.checked })}
      />
      <PreviewLines previewed={previewed} base={base} quote={quote} />
      {problem && <Failure fault={problem} title={problem.isOutage ? "No answer: sending it again can't place it twice" : "Not placed"} />}
      {isHalted && <p className={styles["halted"]}>Trading is halted: no order goes out.</p>}
      <Button type="submit" size="sm" color={draft.side === "buy" ? "teal" : "red"} disabled={!isReady} loading={isBusy} data-testid="place">
        {draft.side === "buy" ? "Buy" : "Sell"} {base}
      </Button>
    </form>
  );
}

export function OrderTicket() {
  const accounts = valueOf(useAccounts().resource)?.filter(({ state, permissions }) => state === "active" && permissions?.may_trade);
  return (
    <Panel title="New order">
      {accounts?.length === 0 ? (
        <Empty title="No account may trade">Connect an account with a key that may trade, and still may not withdraw.</Empty>
      ) : (
        accounts && <Ticket accounts={accounts} />
      )}
    </Panel>
  );
}
