/** A chart that somebody shared by a link: to be looked at, and to be kept as an own copy. */
import { Button } from "@mantine/core";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import type { Shared } from "@/core/chart_contracts";
import { type ChartDesk, drawnPoints, useChartDesk } from "@/core/chart_desk";
import { isPortfolioSeries } from "@/core/candles";
import { useFunctions } from "@/core/indicators";
import { type Problem, problemOf } from "@/core/problems";
import { usePageTitle } from "@/core/queries";
import { problemIn, useResource, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { titleOf } from "@/core/studies";
import { marketOf } from "@/core/tickers";
import { Failure, Panel, TableSkeleton } from "@/shared/Panel";
import styles from "./drawing.module.css";

const SharedArea = lazy(() => import("@/features/chart/SharedArea"));

/** Keeps what was shared as a layout of one's own, with its points; returns the layout's id. */
async function keepCopy(desk: ChartDesk, { name, content, points }: Shared): Promise<string> {
  const sets = await Promise.all(
    points.map(async ({ name: called, style, colour, items }) => {
      const id = crypto.randomUUID();
      await desk.putPointSet(id, { name: `${called} (${id.slice(0, 4)})`.slice(-80), style, colour });
      await desk.addPoints(id, items);
      return id;
    }),
  );
  const id = crypto.randomUUID();
  await desk.putLayout(id, { name: `${name} (${id.slice(0, 4)})`.slice(-80), content: { ...content, points: sets }, replaces: 0 });
  return id;
}

export default function SharedChart({ token }: { readonly token: string }) {
  const desk = useChartDesk();
  const { resources } = useServices();
  const navigate = useNavigate();
  const load = useCallback(() => desk.open(token), [desk, token]);
  const { resource, reload } = useResource(resources, `shared:${token}`, load);
  const functions = valueOf(useFunctions().resource);
  const [problem, setProblem] = useState<Problem | null>(null);
  const shared = valueOf(resource);
  const fault = problemIn(resource);
  const points = useMemo(() => (shared?.points ?? []).map((each) => drawnPoints(each, each.items)), [shared]);
  usePageTitle(shared?.name ?? "Shared chart");
  if (!shared) return fault ? <Failure fault={fault} title="This link opens nothing" onRetry={() => void reload()} /> : <TableSkeleton rows={8} columns={6} />;
  const { series, resolution, studies } = shared.content;
  const title = isPortfolioSeries(series) ? "Portfolio value" : `${marketOf(series)}, ${resolution}`;
  const keep = () => keepCopy(desk, shared).then((id) => navigate(`/chart?layout=${id}`), (thrown: unknown) => setProblem(problemOf(thrown)));
  const actions = (
    <>
      {problem && (
        <span role="alert" className={styles["problem"]}>
          {problem.detail} <code>{problem.code}</code>
        </span>
      )}
      <Button size="compact-sm" onClick={() => void keep()}>
        Keep a copy
      </Button>
    </>
  );
  return (
    <>
      <h1 className="hidden-text">Shared chart</h1>
      <Panel title={`${shared.name}: ${title}`} actions={actions} grow testId="shared-chart">
        <p className={styles["shared"]} role="status">
          Shared with you to look at: {shared.content.drawings.length} drawings{points.length > 0 && `, ${points.length} series of points`}
          {studies.length > 0 && `, ${studies.map(({ text }) => titleOf(text)).join(", ")}`}.
        </p>
        <Suspense fallback={<TableSkeleton rows={8} columns={6} />}>
          <SharedArea content={shared.content} points={points} functions={functions} title={title} />
        </Suspense>
      </Panel>
    </>
  );
}
