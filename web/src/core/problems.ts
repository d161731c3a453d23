/** One error for everything the desk refuses, whatever way it was asked. */

/** What was wrong with one field that was sent. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

interface ProblemParts {
  readonly code: string;
  readonly detail: string;
  readonly correlationId: string;
  readonly status?: number;
  readonly retryAfterS?: number | undefined;
  readonly errors?: readonly FieldError[];
}

/** A request that failed, in words for a person and a code for a machine. */
export class Problem extends Error {
  readonly code: string;
  readonly detail: string;
  readonly correlationId: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly retryAfterS: number | undefined;
  readonly errors: readonly FieldError[];

  constructor(parts: ProblemParts) {
    super(parts.detail);
    this.name = "Problem";
    this.code = parts.code;
    this.detail = parts.detail;
    this.correlationId = parts.correlationId;
    this.status = parts.status ?? 0;
    this.retryAfterS = parts.retryAfterS;
    this.errors = parts.errors ?? [];
  }

  /** No answer came, or one that says that the desk is not there right now. */
  get isOutage(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Any thrown thing as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const detail = thrown instanceof Error ? thrown.message : "Something unexpected was thrown.";
  return new Problem({ code: "page.unexpected", detail, correlationId: "" });
}
