/** What the desk's API answers about files of other tools. */
import * as z from "zod/mini";
import { amount, instant } from "@/core/contracts";

export const ROLES = [
  "date",
  "type",
  "sent_amount",
  "sent_asset",
  "received_amount",
  "received_asset",
  "amount",
  "asset",
  "fee_amount",
  "fee_asset",
  "tx_hash",
  "identity",
  "note",
] as const;
export type Role = (typeof ROLES)[number];

const maybe_text = z.nullable(z.string());

export const file = z.object({
  file_id: z.string(),
  account_id: z.string(),
  name: z.string(),
  size_bytes: z.int(),
  chunk_bytes: z.int(),
  state: z.enum(["uploading", "queued", "running", "done", "failed"]),
  format: maybe_text,
  zone: maybe_text,
  zone_proof: z.nullable(z.enum(["contract", "proven", "given"])),
  precedence: z.nullable(z.enum(["count", "venue"])),
  rows_total: z.int(),
  rows_imported: z.int(),
  rows_duplicate: z.int(),
  rows_skipped: z.int(),
  rows_rejected: z.int(),
  entries: z.int(),
  events_done: z.int(),
  events_total: z.int(),
  error_code: maybe_text,
  error_message: maybe_text,
  uploaded_at: instant,
  finished_at: z.nullable(instant),
});
export type ImportFile = z.infer<typeof file>;

export const file_page = z.object({ items: z.array(file), next_cursor: maybe_text });

export const kept_row = z.object({
  line: z.int(),
  reason: z.string(),
  rejected: z.boolean(),
  detail: z.string(),
  cells: z.array(z.string()),
});
export type KeptRow = z.infer<typeof kept_row>;

export const kept_rows = z.object({ items: z.array(kept_row), next_cursor: maybe_text });

export const mapping = z.object({
  name: z.string(),
  fingerprint: z.string(),
  header: z.array(z.string()),
  columns: z.record(z.string(), z.int()),
  zone: maybe_text,
  date_pattern: z.string(),
  types: z.record(z.string(), z.string()),
});
export type ColumnMapping = z.infer<typeof mapping>;

export const saved_mapping = z.object({ mapping_id: z.string(), saved_at: instant, mapping });
export type SavedMapping = z.infer<typeof saved_mapping>;

export const mappings = z.object({ items: z.array(saved_mapping) });

export const zone = z.object({
  zone: maybe_text,
  proof: z.nullable(z.enum(["contract", "proven", "given"])),
  proven: maybe_text,
  matches: z.int(),
  comparable: z.int(),
  contradicted: z.boolean(),
  candidates: z.array(z.object({ zone: z.string(), matches: z.int() })),
  examples: z.array(z.object({ line: z.int(), wall: z.string(), at: instant, source: z.string() })),
});
export type Zone = z.infer<typeof zone>;

export const counts = z.object({
  rows: z.int(),
  imported: z.int(),
  duplicate: z.int(),
  skipped: z.int(),
  rejected: z.int(),
  events: z.int(),
});
export type Counts = z.infer<typeof counts>;

export const overlap = z.object({
  month: z.string(),
  equal: z.int(),
  only_file: z.int(),
  only_known: z.int(),
  covered: z.int(),
});
export type Overlap = z.infer<typeof overlap>;

export const event = z.object({
  line: z.int(),
  rows: z.int(),
  kind: z.string(),
  occurred_at: instant,
  legs: z.array(z.object({ amount, asset: z.string() })),
});
export type FileEvent = z.infer<typeof event>;

export const preview = z.object({
  file,
  header: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  fingerprint: z.string(),
  format: maybe_text,
  format_title: maybe_text,
  mapping: z.nullable(mapping),
  zone,
  counts: z.nullable(counts),
  events: z.array(event),
  left_out: z.array(kept_row),
  reasons: z.array(z.object({ reason: z.string(), rows: z.int() })),
  overlap: z.array(overlap),
  venue_span: z.nullable(z.object({ first_at: instant, last_at: instant, trades_since: z.nullable(instant) })),
});
export type Preview = z.infer<typeof preview>;

export const formats = z.object({
  imports: z.array(z.string()),
  exports: z.array(z.object({ format: z.string(), title: z.string(), file_name: z.string() })),
});
export type ExportFormat = z.infer<typeof formats>["exports"][number];

export const export_part = z.object({
  file_name: z.string(),
  media_type: z.string(),
  head: z.string(),
  body: z.string(),
  separator: z.string(),
  tail: z.string(),
  entries: z.int(),
  losses: z.array(z.object({ account_id: z.string(), sequence: z.int(), reason: z.string() })),
  next_cursor: maybe_text,
});
export type Loss = z.infer<typeof export_part>["losses"][number];
