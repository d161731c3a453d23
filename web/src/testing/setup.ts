/** What jsdom lacks, and the desk that tests ask. */
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll } from "vitest";
import { desk } from "@/testing/desk";

/** Tests see the phone's page: cards are plain DOM, while the wide tables need a real layout. */
window.matchMedia = (query) =>
  ({
    matches: query.includes("max-width: 700px"),
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }) as unknown as MediaQueryList;
window.ResizeObserver = class {
  observe() {
    return undefined;
  }
  unobserve() {
    return undefined;
  }
  disconnect() {
    return undefined;
  }
};
/** A canvas on which everything may be drawn and nothing is seen. */
const brush: Record<string, unknown> = new Proxy({}, { get: (_target, name) => (name === "measureText" ? () => ({ width: 8 }) : () => brush), set: () => true });
HTMLCanvasElement.prototype.getContext = (() => brush) as unknown as typeof HTMLCanvasElement.prototype.getContext;
Element.prototype.scrollIntoView = () => undefined;

/** A busy machine may take its time: what is waited for is a condition, not a speed. */
configure({ asyncUtilTimeout: 10_000 });

beforeAll(() => desk.listen({ onUnhandledRequest: "error" }));
afterEach(() => {
  cleanup();
  desk.resetHandlers();
  localStorage.clear();
});
afterAll(() => desk.close());
