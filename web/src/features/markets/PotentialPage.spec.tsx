import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { capPosition, marketCap, portfolioCaps } from "@/features/quality/testing";
import { answers, desk } from "@/testing/desk";
import { openPage } from "@/testing/page";

const UNKNOWN = capPosition({ asset: "WXMR", size: "unknown", distance: "unknown", potential_ratio: null, listing: null });

describe("the page of potential", () => {
  it("shows each position beside its size and its high, and chooses by a part", async () => {
    desk.use(answers.get("/portfolio/market-caps", portfolioCaps([capPosition(), UNKNOWN])));
    openPage("/potential");
    const rows = await screen.findAllByTestId("cap-position");
    expect(rows[0]?.textContent).toMatch(/BTC.*46,294\.46.*90\.00 %.*Mega.*\$ 1\.262T.*\$ 126,500.*50\.00 %.*\+100\.00 %/);
    expect(rows[1]?.textContent).toMatch(/WXMR.*Not known/);
    expect(screen.getByTestId("potential-sum").textContent).toMatch(/\+100\.00 %.*of 90\.00 % of the value/);
    await userEvent.click(screen.getByTestId("bucket-mega"));
    expect(screen.getAllByTestId("cap-position")).toHaveLength(1);
    expect(window.location.search).toBe("?size=mega");
  });

  it("says since when a high is known that is not of all time", async () => {
    const listing = marketCap({ high_known_since: "2026-09-01T00:00:00.000000Z" });
    desk.use(answers.get("/portfolio/market-caps", portfolioCaps([capPosition({ listing })])));
    openPage("/potential");
    const row = await screen.findByTestId("cap-position");
    expect(within(row).getByText("since 2026-09-01")).toBeTruthy();
  });

  it("says what to do when nothing is held, and what failed", async () => {
    desk.use(answers.get("/portfolio/market-caps", portfolioCaps([])));
    openPage("/potential");
    expect(await screen.findByText("Nothing is held yet")).toBeTruthy();
  });

  it("says what failed", async () => {
    desk.use(answers.refuse("get", "/portfolio/market-caps", 503, "database.unavailable"));
    openPage("/potential");
    expect((await screen.findByTestId("failure")).textContent).toContain("database.unavailable");
  });
});
