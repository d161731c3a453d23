/** The kill switch: says exactly what it does, and asks once, in words. */
import { Button, Checkbox, TextInput } from "@mantine/core";
import { useAbility } from "@casl/react";
import { IconHandStop } from "@tabler/icons-react";
import { type SubmitEvent, useState } from "react";
import { Instant } from "@/core/Figures";
import type { Permissions } from "@/core/permissions";
import { type Problem, problemOf } from "@/core/problems";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { RELEASE_WORD, useHalts } from "@/core/trading";
import type { Halt, Halts } from "@/core/trading_contracts";
import { Dialog } from "@/shared/Dialog";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./KillSwitch.module.css";

const WORD = "halt";
const count = (orders: number): string => `${orders} open ${orders === 1 ? "order" : "orders"}`;

function useSwitching(onDone: () => void) {
  const { resources, notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = (work: Promise<string>) => {
    setBusy(true);
    setProblem(null);
    work
      .then((said) => {
        notices.say(said);
        for (const prefix of ["halts", "orders:"]) resources.refresh(prefix);
        onDone();
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return { run, problem, isBusy };
}

function HaltForm({ openOrders, onClose }: { readonly openOrders: number; readonly onClose: () => void }) {
  const { trading } = useServices();
  const { run, problem, isBusy } = useSwitching(onClose);
  const [typed, setTyped] = useState("");
  const [cancels, setCancels] = useState(true);
  const [reduces, setReduces] = useState(false);
  const [reason, setReason] = useState("By hand");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const halting = trading.halt({ reason: reason.trim() || "By hand", allow_reducing: reduces, cancel_orders: cancels });
    run(halting.then(({ cancelled, failed }) => `Trading is halted. ${cancelled} cancelled, ${Object.keys(failed).length} left to be tried again.`));
  };
  return (
    <form className={styles["form"]} onSubmit={onSubmit} data-testid="halt-form">
      <ul className={styles["consequences"]}>
        <li>No order goes out any more: neither yours nor a rule&apos;s, neither buys nor sells nor panic sells.</li>
        <li>{cancels ? `Your ${count(openOrders)} will be cancelled at the venues.` : `Your ${count(openOrders)} will stay open and may still fill.`}</li>
        <li>{reduces ? "Rules set to go on under a halt may still sell what you hold, and nothing else." : "Stops that the desk watches will not sell while the halt lasts."}</li>
        <li>It lasts until somebody resumes trading.</li>
      </ul>
      <Checkbox size="xs" label={`Cancel the ${count(openOrders)}`} checked={cancels} onChange={(event) => setCancels(event.currentTarget.checked)} />
      <Checkbox size="xs" label="Let orders that only reduce, and are set to, go on" checked={reduces} onChange={(event) => setReduces(event.currentTarget.checked)} />
      <TextInput size="xs" label="Why" value={reason} maxLength={200} onChange={(event) => setReason(event.currentTarget.value)} />
      <TextInput label={`Type “${WORD}” to go on`} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} data-autofocus autoComplete="off" />
      {problem && <Failure fault={problem} title="Trading is not halted" />}
      <Button type="submit" color="red" disabled={typed.trim().toLowerCase() !== WORD} loading={isBusy}>
        Halt trading
      </Button>
    </form>
  );
}

function ReleaseForm({ halt, onClose }: { readonly halt: Halt; readonly onClose: () => void }) {
  const { trading } = useServices();
  const { run, problem, isBusy } = useSwitching(onClose);
  const [typed, setTyped] = useState("");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    run(trading.release(halt.halt_id).then(() => "Trading goes on."));
  };
  return (
    <form className={styles["form"]} onSubmit={onSubmit} data-testid="release-form">
      <ul className={styles["consequences"]}>
        <li>Orders go out again, yours and those of every armed rule.</li>
        <li>What was refused during the halt stays refused: nothing is made up for.</li>
      </ul>
      <TextInput
        label={`Type “${RELEASE_WORD.toLowerCase()}” to go on`}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-autofocus
        autoComplete="off"
      />
      {problem && <Failure fault={problem} title="Trading is still halted" />}
      <Button type="submit" disabled={typed.trim().toUpperCase() !== RELEASE_WORD} loading={isBusy}>
        Resume trading
      </Button>
    </form>
  );
}

function HaltLine({ halt }: { readonly halt: Halt }) {
  return (
    <p className={styles["halt"]} data-testid="halt">
      {halt.scope === "platform" ? "The whole platform" : "This desk"} was halted <Instant at={halt.engaged_at} />: {halt.reason}.
    </p>
  );
}

function Switch({ halts, onClose }: { readonly halts: Halts; readonly onClose: () => void }) {
  const permissions = useAbility<Permissions>();
  const own = halts.active.find(({ scope }) => scope === "tenant");
  return (
    <>
      {halts.active.map((halt) => (
        <HaltLine key={halt.halt_id} halt={halt} />
      ))}
      {own && permissions.can("delete", "Halt") && <ReleaseForm halt={own} onClose={onClose} />}
      {own && !permissions.can("delete", "Halt") && <p className={styles["halt"]}>Only an owner of the desk may resume trading.</p>}
      {!own && <HaltForm openOrders={halts.open_orders} onClose={onClose} />}
    </>
  );
}

export function KillSwitchDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const { resource, reload } = useHalts();
  const halts = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <Dialog opened={opened} onClose={onClose} title={halts?.halted ? "Trading is halted" : "Halt trading?"} size={440}>
      {opened && halts && <Switch halts={halts} onClose={onClose} />}
      {!halts && (problem ? <Failure fault={problem} title="Whether trading is halted is not known" onRetry={() => void reload()} /> : <TableSkeleton rows={4} columns={2} />)}
    </Dialog>
  );
}

/** In the top bar: whether trading is halted, and the way to change it. */
export function KillSwitchButton({ isNarrow, onOpen }: { readonly isNarrow: boolean; readonly onOpen: () => void }) {
  const permissions = useAbility<Permissions>();
  const halted = valueOf(useHalts().resource)?.halted ?? false;
  if (!halted && !permissions.can("create", "Halt")) return null;
  const name = halted ? "Trading is halted" : "Halt trading";
  return (
    <button type="button" className={styles["switch"]} data-halted={halted || undefined} onClick={onOpen} aria-label={name} title={name} data-testid="kill-switch">
      <IconHandStop size={16} stroke={1.8} aria-hidden="true" />
      {!isNarrow && <span>{halted ? "Halted" : "Halt"}</span>}
    </button>
  );
}
