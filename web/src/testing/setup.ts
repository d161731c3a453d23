/** What jsdom lacks, and the desk that tests ask. */
import { cleanup } from "@testing-library/react";
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
Element.prototype.scrollIntoView = () => undefined;

beforeAll(() => desk.listen({ onUnhandledRequest: "error" }));
afterEach(() => {
  cleanup();
  desk.resetHandlers();
  localStorage.clear();
});
afterAll(() => desk.close());
