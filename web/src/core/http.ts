/** Requests to the desk's API: token, correlation id, parsed answers, problems. */
import type * as z from "zod/mini";
import * as contracts from "@/core/contracts";
import { Problem } from "@/core/problems";

const TIMEOUT_MS = 30_000;

export interface Call<Answer> {
  readonly path: string;
  readonly answer: z.ZodMiniType<Answer>;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string | readonly string[] | null | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | null;
  /** The action this request is a part of; without it the request is an action of its own. */
  readonly correlationId?: string;
  readonly signal?: AbortSignal;
}

/** A new id for one action of the user; every request of the action carries it. */
export function newCorrelationId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function address(path: string, query: Call<unknown>["query"]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    for (const each of [value ?? []].flat()) if (each) parameters.append(name, each);
  const text = parameters.toString();
  return `${location.origin}/api/v1${path}${text ? `?${text}` : ""}`;
}

function request<Answer>(call: Call<Answer>, correlationId: string): RequestInit {
  const headers = new Headers(call.headers);
  headers.set("Accept", "application/json");
  headers.set("X-Correlation-Id", correlationId);
  if (call.token) headers.set("Authorization", `Bearer ${call.token}`);
  if (call.body !== undefined) headers.set("Content-Type", "application/json");
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return {
    method: call.method ?? "GET",
    headers,
    credentials: "same-origin",
    cache: "no-store",
    signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
}

async function refusal(response: Response, sentId: string): Promise<Problem> {
  const correlationId = response.headers.get("X-Correlation-Id") ?? sentId;
  const parsed = contracts.problem.safeParse(await response.json().catch(() => null));
  if (!parsed.success) {
    const detail = `The desk answered ${response.status} ${response.statusText}`.trim();
    return new Problem({ code: `http.${response.status}`, detail, correlationId, status: response.status });
  }
  const { code, detail, title, retry_after_s, errors, correlation_id } = parsed.data;
  return new Problem({
    code,
    detail: detail ?? title ?? code,
    correlationId: correlation_id ?? correlationId,
    status: response.status,
    retryAfterS: retry_after_s ?? undefined,
    errors: errors ?? [],
  });
}

function parse<Answer>(schema: z.ZodMiniType<Answer>, body: unknown, correlationId: string): Answer {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  const detail = `The desk's answer is not what this page knows (${where}). Reload the page: it may be older than the desk.`;
  throw new Problem({ code: "contract.mismatch", detail, correlationId });
}

/** Sends one request. Throws a Problem for every outcome but success; an aborted call throws its AbortError. */
export async function send<Answer>(call: Call<Answer>): Promise<Answer> {
  const correlationId = call.correlationId ?? newCorrelationId();
  let response: Response;
  try {
    response = await fetch(address(call.path, call.query), request(call, correlationId));
  } catch (cause) {
    if (call.signal?.aborted) throw cause;
    throw new Problem({ code: "network.unreachable", detail: "The desk does not answer.", correlationId });
  }
  if (!response.ok) throw await refusal(response, correlationId);
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  return parse(call.answer, body, response.headers.get("X-Correlation-Id") ?? correlationId);
}
