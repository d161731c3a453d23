/** Puts something on the chart: a function of the desk, an own formula, or an expression. */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useFunctions } from "@/core/indicators";
import { problemIn, valueOf } from "@/core/resources";
import type { Study } from "@/core/studies";
import { FunctionList } from "@/features/chart/FunctionList";
import { OwnFormulas } from "@/features/chart/OwnFormulas";
import { SideDialog } from "@/shared/Dialog";
import { Failure, TableSkeleton } from "@/shared/Panel";

const TABS = [
  { value: "functions", label: "Functions" },
  { value: "formulas", label: "Own formulas" },
];

function Functions({ onAdd }: { readonly onAdd: (study: Study) => void }) {
  const { resource, reload } = useFunctions();
  const functions = valueOf(resource);
  const problem = problemIn(resource);
  if (functions) return <FunctionList functions={functions} onAdd={onAdd} />;
  return problem ? <Failure fault={problem} title="The functions could not be read" onRetry={() => void reload()} /> : <TableSkeleton rows={12} columns={2} />;
}

interface IndicatorDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onAdd: (study: Study) => void;
}

export function IndicatorDialog({ opened, onClose, onAdd }: IndicatorDialogProps) {
  const [tab, setTab] = useState("functions");
  return (
    <SideDialog opened={opened} onClose={onClose} title="Indicators" size={420}>
      <SegmentedControl size="xs" fullWidth mb={12} aria-label="What to add" data={TABS} value={tab} onChange={setTab} />
      {tab === "functions" ? <Functions onAdd={onAdd} /> : <OwnFormulas onAdd={onAdd} />}
    </SideDialog>
  );
}
