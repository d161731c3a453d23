/** Catches what a page throws while drawing: never a blank page. */
import { Component, type ReactNode } from "react";
import { Problem, problemOf } from "@/core/problems";
import { Failure } from "@/shared/Panel";

interface State {
  readonly problem: Problem | null;
}

/** A page's files are gone once a newer desk was deployed. */
const isMissingChunk = (thrown: unknown): boolean => thrown instanceof TypeError && thrown.message.includes("dynamically imported module");

function boundaryProblem(thrown: unknown): Problem {
  if (!isMissingChunk(thrown)) return problemOf(thrown);
  const detail = "This page's files could not be loaded: the desk may have been updated, or does not answer. Load the page again.";
  return new Problem({ code: "page.outdated", detail, correlationId: "" });
}

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { problem: null };

  static getDerivedStateFromError(thrown: unknown): State {
    return { problem: boundaryProblem(thrown) };
  }

  override render() {
    const { problem } = this.state;
    if (!problem) return this.props.children;
    return <Failure fault={problem} title="This page broke" onRetry={() => location.reload()} />;
  }
}
