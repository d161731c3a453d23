/** Layouts, own points and shares of charts, as typed calls. */
import * as z from "zod/mini";
import * as contracts from "@/core/chart_contracts";
import { useMemo } from "react";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

const NOTHING = z.unknown();
const PAGE = "200";
const POINTS_A_PAGE = "1000";
export const POINTS_A_REQUEST = 1_000;

export interface NewPoint {
  readonly at: string;
  readonly value: string;
  readonly label: string;
}

export interface NewPointSet {
  readonly name: string;
  readonly style: "line" | "marks";
  readonly colour: number;
}

export interface NewShare {
  readonly name: string;
  readonly open: boolean;
  readonly content: contracts.LayoutContent;
}

const encoded = encodeURIComponent;

export class ChartDesk {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  layouts(): Promise<readonly contracts.LayoutSummary[]> {
    return this.#session.send({ path: "/chart-layouts", query: { limit: PAGE }, answer: contracts.layout_page }).then(({ items }) => items);
  }

  layout(id: string): Promise<contracts.Layout> {
    return this.#session.send({ path: `/chart-layouts/${encoded(id)}`, answer: contracts.layout });
  }

  putLayout(id: string, body: { readonly name: string; readonly content: contracts.LayoutContent; readonly replaces: number }): Promise<contracts.Layout> {
    return this.#session.send({ method: "PUT", path: `/chart-layouts/${encoded(id)}`, body, answer: contracts.layout });
  }

  async removeLayout(id: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: `/chart-layouts/${encoded(id)}`, answer: NOTHING });
  }

  pointSets(): Promise<readonly contracts.PointSet[]> {
    return this.#session.send({ path: "/chart-points", query: { limit: PAGE }, answer: contracts.point_set_page }).then(({ items }) => items);
  }

  putPointSet(id: string, body: NewPointSet): Promise<contracts.PointSet> {
    return this.#session.send({ method: "PUT", path: `/chart-points/${encoded(id)}`, body, answer: contracts.point_set });
  }

  async removePointSet(id: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: `/chart-points/${encoded(id)}`, answer: NOTHING });
  }

  /** Every point of a series, page after page. */
  async points(id: string): Promise<readonly contracts.ChartPoint[]> {
    const points: contracts.ChartPoint[] = [];
    let from: string | null = null;
    do {
      const query: Record<string, string | null> = { limit: POINTS_A_PAGE, from };
      const page: z.infer<typeof contracts.point_page> = await this.#session.send({ path: `/chart-points/${encoded(id)}/points`, query, answer: contracts.point_page });
      points.push(...page.items);
      from = page.next_from;
    } while (from !== null);
    return points;
  }

  /** Adds points, as many at a time as the desk takes. */
  async addPoints(id: string, points: readonly NewPoint[]): Promise<void> {
    for (let from = 0; from < points.length; from += POINTS_A_REQUEST) {
      const body = { points: points.slice(from, from + POINTS_A_REQUEST) };
      await this.#session.send({ method: "POST", path: `/chart-points/${encoded(id)}/points`, body, answer: contracts.point_set });
    }
  }

  shares(): Promise<readonly contracts.Share[]> {
    return this.#session.send({ path: "/chart-shares", query: { limit: PAGE }, answer: contracts.share_page }).then(({ items }) => items);
  }

  share(id: string, body: NewShare): Promise<{ readonly share: contracts.Share; readonly token: string }> {
    return this.#session.send({ method: "PUT", path: `/chart-shares/${encoded(id)}`, body, answer: contracts.made_share });
  }

  revoke(id: string): Promise<contracts.Share> {
    return this.#session.send({ method: "DELETE", path: `/chart-shares/${encoded(id)}`, answer: contracts.share_answer });
  }

  open(token: string): Promise<contracts.Shared> {
    return this.#session.send({ method: "POST", path: "/chart-shares/open", body: { token }, answer: contracts.shared });
  }
}

/** Made where it is used, so that other pages need not load it. */
export function useChartDesk(): ChartDesk {
  const { session } = useServices();
  return useMemo(() => new ChartDesk(session), [session]);
}

/** As points are drawn: numbers. */
export const drawnPoints = ({ name, style, colour }: Pick<contracts.PointSet, "name" | "style" | "colour">, items: readonly contracts.ChartPoint[]): contracts.DrawnPoints => ({
  name,
  style,
  colour,
  items: items.map(({ at, value, label }) => ({ atMs: Date.parse(at), value: Number(value), label })),
});
