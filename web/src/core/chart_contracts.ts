/** What a user keeps on charts, as the desk answers it. Numbers of drawings are drawn, never added up. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

export const KINDS = [
  "trend_line",
  "ray",
  "line",
  "horizontal_line",
  "horizontal_ray",
  "horizontal_segment",
  "vertical_line",
  "vertical_ray",
  "vertical_segment",
  "price_line",
  "parallel_channel",
  "price_channel",
  "fibonacci",
  "rectangle",
  "brush",
  "note",
  "measure",
] as const;
export type Kind = (typeof KINDS)[number];

const anchor = z.object({ at_ms: z.int(), price: z.number() });
export type Anchor = z.infer<typeof anchor>;

const drawing = z.object({
  id: z.string(),
  kind: z.enum(KINDS),
  series: z.string(),
  anchors: z.array(anchor),
  text: z.string(),
  colour: z.int(),
  width: z.int(),
  dash: z.enum(["solid", "dashed"]),
  locked: z.boolean(),
  hidden: z.boolean(),
});
export type Drawing = Readonly<z.infer<typeof drawing>>;

export const MAGNETS = ["off", "weak", "strong"] as const;
export type Magnet = (typeof MAGNETS)[number];

const content = z.object({
  v: z.literal(1),
  series: z.string(),
  resolution: z.string(),
  range: z.nullable(z.object({ from_ms: z.int(), to_ms: z.int() })),
  studies: z.array(z.object({ place: z.enum(["over", "under"]), text: z.string() })),
  drawings: z.array(drawing),
  points: z.array(z.string()),
  fills: z.boolean(),
  orders: z.boolean(),
  magnet: z.enum(MAGNETS),
});
type ContentShape = z.infer<typeof content>;
export type LayoutContent = { readonly [Part in keyof ContentShape]: ContentShape[Part] extends (infer Item)[] ? readonly Item[] : ContentShape[Part] };

export const layout = z.object({ layout_id: z.string(), name: z.string(), version: z.int(), content, made_at: instant, changed_at: instant });
export type Layout = z.infer<typeof layout>;
const summary = z.object({ layout_id: z.string(), name: z.string(), version: z.int(), series: z.string(), resolution: z.string(), changed_at: instant });
export type LayoutSummary = z.infer<typeof summary>;
export const layout_page = z.object({ items: z.array(summary), next_cursor: z.nullable(z.string()) });

const style = z.enum(["line", "marks"]);
export const point_set = z.object({ set_id: z.string(), name: z.string(), style, colour: z.int(), points: z.int() });
export type PointSet = z.infer<typeof point_set>;
export const point_set_page = z.object({ items: z.array(point_set), next_cursor: z.nullable(z.string()) });
const point = z.object({ at: instant, value: amount, label: z.string() });
export type ChartPoint = z.infer<typeof point>;
export const point_page = z.object({ items: z.array(point), next_from: z.nullable(instant) });

const share = z.object({ share_id: z.string(), name: z.string(), open: z.boolean(), made_at: instant, revoked_at: z.nullable(instant) });
export type Share = z.infer<typeof share>;
export const share_answer = share;
export const share_page = z.object({ items: z.array(share), next_cursor: z.nullable(z.string()) });
export const made_share = z.object({ share, token: z.string() });
const shared_points = z.object({ name: z.string(), style, colour: z.int(), items: z.array(point) });
export const shared = z.object({ name: z.string(), content, points: z.array(shared_points) });
export type Shared = z.infer<typeof shared>;

/** What part of the bars is looked at. */
export type BarRange = NonNullable<ContentShape["range"]>;

/** An own series with its points, as it is drawn. */
export interface DrawnPoints {
  readonly name: string;
  readonly style: "line" | "marks";
  readonly colour: number;
  readonly items: readonly { readonly atMs: number; readonly value: number; readonly label: string }[];
}
