/** What the panels of the page have in common: their four states. */
import type { ReactNode } from "react";
import { AnsweredAge, Freshness } from "@/core/Freshness";
import { problemIn, type Resource, valueOf } from "@/core/resources";
import { Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./quality.module.css";

interface AskedPanelProps<Value> {
  readonly title: string;
  readonly testId: string;
  readonly resourceKey: string;
  readonly everyMs: number;
  readonly asked: { readonly resource: Resource<Value>; readonly reload: () => Promise<void> };
  readonly filters?: ReactNode;
  readonly children: (value: Value) => ReactNode;
}

/** A panel of one answer: on its way, failed, old, or there. */
export function AskedPanel<Value>({ title, testId, resourceKey, everyMs, asked: { resource, reload }, filters, children }: AskedPanelProps<Value>) {
  const value = valueOf(resource);
  const problem = problemIn(resource);
  return (
    <Panel title={title} testId={testId} actions={<Freshness resourceKey={resourceKey} everyMs={everyMs} />}>
      {filters && (
        <div className={styles["filters"]} role="search" aria-label={`Filter ${title.toLowerCase()}`}>
          {filters}
        </div>
      )}
      {value && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={resourceKey} />} onRetry={() => void reload()} />}
      {!value && (problem ? <Failure fault={problem} title={`${title} could not be shown`} onRetry={() => void reload()} /> : <TableSkeleton rows={5} columns={6} />)}
      {value && <div className={problem ? "quiet" : ""}>{children(value)}</div>}
    </Panel>
  );
}
