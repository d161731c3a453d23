/** Files of other tools, as typed calls and as what pages show. */
import { useCallback, useMemo } from "react";
import * as z from "zod/mini";
import * as contracts from "@/core/contracts";
import * as shapes from "@/core/files_contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

/** How the user wants a file to be read. */
export interface Reading {
  readonly mapping?: shapes.ColumnMapping | null;
  readonly zone?: string | null;
}

/** A whole export and what its format can't say. */
export interface Exported {
  readonly name: string;
  readonly content: Blob;
  readonly entries: number;
  readonly losses: readonly shapes.Loss[];
}

const NOTHING = z.unknown();
const EVERY_MS = 2_000;
const BYTES_A_CALL = 0x8000;
const at = (...parts: readonly string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join("");

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += BYTES_A_CALL) text += String.fromCharCode(...bytes.subarray(start, start + BYTES_A_CALL));
  return btoa(text);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Files {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  newest(cursor: string | null = null): Promise<z.infer<typeof shapes.file_page>> {
    return this.#session.send({ path: "/files", query: { cursor, limit: "50" }, answer: shapes.file_page });
  }

  file(fileId: string): Promise<shapes.ImportFile> {
    return this.#session.send({ path: `/files${at(fileId)}`, answer: shapes.file });
  }

  addAccount(venue: string, label: string): Promise<contracts.Account> {
    return this.#session.send({ method: "POST", path: "/accounts/manual", body: { venue, label }, answer: contracts.account });
  }

  /** Sends the file in pieces; `onSent` is told which part of it has arrived. */
  async upload(accountId: string, file: File, onSent: (ratio: number) => void): Promise<shapes.ImportFile> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const body = { account_id: accountId, name: file.name, size_bytes: bytes.length, sha256: await sha256(bytes) };
    const announced = await this.#session.send({ method: "POST", path: "/files", body, answer: shapes.file });
    const step = announced.chunk_bytes;
    for (let start = 0, place = 0; start < bytes.length; start += step, place += 1) {
      const content = base64(bytes.subarray(start, start + step));
      await this.#session.send({ method: "PUT", path: `/files${at(announced.file_id, "chunks", place.toString())}`, body: { content }, answer: NOTHING });
      onSent(Math.min(1, (start + step) / bytes.length));
    }
    return announced;
  }

  preview(fileId: string, reading: Reading): Promise<shapes.Preview> {
    return this.#session.send({ method: "POST", path: `/files${at(fileId, "preview")}`, body: reading, answer: shapes.preview });
  }

  commit(fileId: string, reading: Reading, precedence: "count" | "venue"): Promise<shapes.ImportFile> {
    return this.#session.send({ method: "POST", path: `/files${at(fileId, "commit")}`, body: { ...reading, precedence }, answer: shapes.file });
  }

  async remove(fileId: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: `/files${at(fileId)}`, answer: NOTHING });
  }

  rows(fileId: string, cursor: string | null, limit = 200): Promise<z.infer<typeof shapes.kept_rows>> {
    return this.#session.send({ path: `/files${at(fileId, "rows")}`, query: { cursor, limit: limit.toString() }, answer: shapes.kept_rows });
  }

  async allRows(fileId: string): Promise<readonly shapes.KeptRow[]> {
    const found: shapes.KeptRow[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.rows(fileId, cursor, 1000);
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return found;
  }

  mappings(): Promise<readonly shapes.SavedMapping[]> {
    return this.#session.send({ path: "/file-mappings", answer: shapes.mappings }).then(({ items }) => items);
  }

  saveMapping(mapping: shapes.ColumnMapping): Promise<shapes.SavedMapping> {
    return this.#session.send({ method: "POST", path: "/file-mappings", body: mapping, answer: shapes.saved_mapping });
  }

  async removeMapping(mappingId: string): Promise<void> {
    await this.#session.send({ method: "DELETE", path: `/file-mappings${at(mappingId)}`, answer: NOTHING });
  }

  formats(): Promise<z.infer<typeof shapes.formats>> {
    return this.#session.send({ path: "/files/formats", answer: shapes.formats });
  }

  /** The whole ledger, or an account's, in a format; `onEntries` is told how many entries are written. */
  async export(format: string, accountId: string | null, onEntries: (entries: number) => void): Promise<Exported> {
    const bodies: string[] = [];
    const losses: shapes.Loss[] = [];
    let entries = 0;
    let cursor: string | null = null;
    for (;;) {
      const query: Record<string, string | null> = { account_id: accountId, cursor };
      const part: z.infer<typeof shapes.export_part> = await this.#session.send({ path: `/exports${at(format)}`, query, answer: shapes.export_part });
      if (part.body) bodies.push(part.body);
      losses.push(...part.losses);
      entries += part.entries;
      onEntries(entries);
      cursor = part.next_cursor;
      if (cursor === null) {
        const content = new Blob([part.head, bodies.join(part.separator), part.tail], { type: part.media_type });
        return { name: part.file_name, content, entries, losses };
      }
    }
  }
}

export function useFilesDesk(): Files {
  const { session } = useServices();
  return useMemo(() => new Files(session), [session]);
}

export function useFiles() {
  const { resources } = useServices();
  const files = useFilesDesk();
  const load = useCallback(() => files.newest(), [files]);
  return useResource(resources, "files", load, EVERY_MS);
}

export function useFile(fileId: string) {
  const { resources } = useServices();
  const files = useFilesDesk();
  const load = useCallback(() => files.file(fileId), [files, fileId]);
  return useResource(resources, `files/${fileId}`, load, EVERY_MS / 2);
}

export function useMappings() {
  const { resources } = useServices();
  const files = useFilesDesk();
  const load = useCallback(() => files.mappings(), [files]);
  return useResource(resources, "file-mappings", load);
}

export function useFormats() {
  const { resources } = useServices();
  const files = useFilesDesk();
  const load = useCallback(() => files.formats(), [files]);
  return useResource(resources, "file-formats", load);
}

/** Hands a file to the browser to keep. */
export function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
