/** The user's layouts, and links to what is on the chart now. */
import { Button, Checkbox, TextInput } from "@mantine/core";
import { type SubmitEvent, useCallback, useState } from "react";
import { MAIN_LAYOUT } from "@/core/chart_book";
import type { LayoutContent, Share } from "@/core/chart_contracts";
import { useChartDesk } from "@/core/chart_desk";
import { useDisplay } from "@/core/display";
import { type Problem, problemOf } from "@/core/problems";
import { problemIn, useResource, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { SideDialog } from "@/shared/Dialog";
import { fieldText } from "@/shared/forms";
import { instantText } from "@/shared/instants";
import { Failure, TableSkeleton } from "@/shared/Panel";
import styles from "./drawing.module.css";

interface LayoutsDialogProps {
  readonly opened: boolean;
  readonly id: string;
  readonly name: string;
  readonly content: LayoutContent;
  readonly onClose: () => void;
  readonly onOpen: (id: string) => void;
  readonly onRename: (name: string) => void;
}

const Wrong = ({ problem }: { readonly problem: Problem | null }) =>
  problem && (
    <p role="alert" className={styles["problem"]} data-testid="layouts-problem">
      {problem.detail} <code>{problem.code}</code>
    </p>
  );

/** The link that opens a share; its token stands behind `#`, which no server is ever sent. */
export const linkOf = (token: string): string => `${location.origin}/chart#share=${token}`;

function Layouts({ id, name, content, onOpen, onRename }: LayoutsDialogProps) {
  const desk = useChartDesk();
  const { resources } = useServices();
  const load = useCallback(() => desk.layouts(), [desk]);
  const { resource, reload } = useResource(resources, "chart-layouts", load);
  const [problem, setProblem] = useState<Problem | null>(null);
  const layouts = valueOf(resource);
  const fault = problemIn(resource);
  const told = (thrown: unknown) => setProblem(problemOf(thrown));
  const named = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = fieldText(event.currentTarget, "name");
    const isRename = event.nativeEvent.submitter?.getAttribute("value") === "rename";
    if (isRename) onRename(wanted);
    else {
      const made = crypto.randomUUID();
      desk.putLayout(made, { name: wanted, content, replaces: 0 }).then(() => onOpen(made), told);
    }
  };
  if (!layouts) return fault ? <Failure fault={fault} onRetry={() => void reload()} /> : <TableSkeleton rows={4} columns={2} />;
  return (
    <>
      <ul className={styles["list"]}>
        {layouts.map((layout) => (
          <li key={layout.layout_id}>
            <button type="button" className={styles["row"]} aria-current={layout.layout_id === id} onClick={() => onOpen(layout.layout_id)}>
              {layout.name}{" "}
              <span>
                {layout.series.slice(0, 30)}, {layout.resolution}
              </span>
            </button>
            {layout.layout_id !== MAIN_LAYOUT && layout.layout_id !== id && (
              <Button size="compact-xs" variant="subtle" color="red" aria-label={`Remove ${layout.name}`} onClick={() => void desk.removeLayout(layout.layout_id).then(reload, told)}>
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
      <form className={styles["form"]} onSubmit={named} data-testid="layout-form">
        <TextInput size="xs" label="Name" name="name" key={name} defaultValue={name} required maxLength={80} />
        <div className={styles["actions"]}>
          <Button type="submit" size="compact-sm" value="copy">
            Keep as a new layout
          </Button>
          <Button type="submit" size="compact-sm" variant="default" value="rename">
            Rename this one
          </Button>
        </div>
        <Wrong problem={problem} />
      </form>
    </>
  );
}

function ShareRow({ share, onRevoke }: { readonly share: Share; readonly onRevoke: () => void }) {
  const { zone } = useDisplay();
  return (
    <li>
      <span className={styles["row"]}>
        {share.name}{" "}
        <span>
          {share.open ? "anyone of this desk" : "own tenant"}, {instantText(share.made_at, zone).slice(0, 16)}
        </span>
      </span>
      {share.revoked_at ? (
        <span className={styles["hint"]}>revoked</span>
      ) : (
        <Button size="compact-xs" variant="subtle" color="red" aria-label={`Revoke ${share.name}`} onClick={onRevoke}>
          Revoke
        </Button>
      )}
    </li>
  );
}

function Shares({ content, name }: LayoutsDialogProps) {
  const desk = useChartDesk();
  const { resources } = useServices();
  const load = useCallback(() => desk.shares(), [desk]);
  const { resource, reload } = useResource(resources, "chart-shares", load);
  const [link, setLink] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const shares = valueOf(resource);
  const told = (thrown: unknown) => setProblem(problemOf(thrown));
  const share = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const open = fieldText(event.currentTarget, "open") === "on";
    setProblem(null);
    desk.share(crypto.randomUUID(), { name, open, content }).then(({ token }) => {
      setLink(linkOf(token));
      void reload();
    }, told);
  };
  return (
    <>
      <form className={styles["form"]} onSubmit={share} data-testid="share-form">
        <p className={styles["hint"]}>A copy of series, indicators, drawings and points as they are now; never fills, orders or costs. Whoever has the link may look, not change.</p>
        <Checkbox size="xs" name="open" label="Open to every tenant of this desk, not only to my own" />
        <Button type="submit" size="compact-sm">
          Make a link
        </Button>
        {link && (
          <>
            <TextInput size="xs" readOnly label="The link, shown only now" value={link} onFocus={(event) => event.currentTarget.select()} data-testid="share-link" />
            <Button size="compact-xs" variant="default" onClick={() => void navigator.clipboard.writeText(link).catch(told)}>
              Copy
            </Button>
          </>
        )}
        <Wrong problem={problem ?? problemIn(resource)} />
      </form>
      <ul className={styles["list"]} data-testid="shares">
        {shares?.map((each) => (
          <ShareRow key={each.share_id} share={each} onRevoke={() => void desk.revoke(each.share_id).then(reload, told)} />
        ))}
      </ul>
    </>
  );
}

export function LayoutsDialog(props: LayoutsDialogProps) {
  return (
    <SideDialog opened={props.opened} onClose={props.onClose} title="Layouts and links" size={420}>
      <Layouts {...props} />
      <h3 className={styles["group"]}>Links</h3>
      <Shares {...props} />
    </SideDialog>
  );
}
