import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { account } from "@/testing/fixtures";
import { answers, desk } from "@/testing/desk";
import { openPage } from "@/testing/page";

const VENUES = [
  { venue: "binance", name: "Binance", needs: ["key", "secret"] },
  { venue: "coinbase", name: "Coinbase", needs: ["key_name", "private_key"] },
];
const PEM = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----";

describe("the form that connects an account", () => {
  it("asks for what the venue calls its key, and sends a private key that lost its line breaks", async () => {
    const sent: unknown[] = [];
    desk.use(
      answers.get("/venues", { items: VENUES }),
      http.post("*/api/v1/accounts", async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(account(), { status: 202 });
      }),
    );
    const user = userEvent.setup();
    openPage("/accounts");
    await user.click(await screen.findByRole("button", { name: "Connect an account" }));
    expect(await screen.findByLabelText(/^Secret/)).not.toBeNull();
    await user.selectOptions(screen.getByLabelText(/^Venue/), "coinbase");
    expect(screen.queryByLabelText(/^Secret/)).toBeNull();
    await user.type(screen.getByLabelText(/^Name/), "Main");
    await user.type(screen.getByLabelText(/^Key name/), "organizations/1/apiKeys/2");
    await user.click(screen.getByLabelText(/^Private key/));
    await user.paste(PEM);
    await user.click(screen.getByRole("button", { name: "Check the key and connect" }));
    await expect.poll(() => sent).toEqual([{ venue: "coinbase", label: "Main", key: "organizations/1/apiKeys/2", secret: PEM.replaceAll("\n", "") }]);
  });
});
