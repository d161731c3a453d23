import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { run } from "axe-core";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { importFile, preview } from "@/features/files/testing";
import { answers, desk, refusal } from "@/testing/desk";
import { openPage } from "@/testing/page";

const FORMATS = { imports: ["Koinly universal"], exports: [{ format: "koinly", title: "Koinly universal", file_name: "nightdesk-koinly.csv" }] };
const UPLOADED = importFile({ state: "uploading" });
const ASKED = { zone: null, proof: null, proven: null, matches: 0, comparable: 0, contradicted: false, candidates: [{ zone: "Europe/Berlin", matches: 2 }], examples: [] };

/** A file as browsers hand it over; jsdom's can't be read as bytes. */
const chosen = (text: string) =>
  Object.assign(new File([text], "koinly.csv", { type: "text/csv" }), { arrayBuffer: () => Promise.resolve(new TextEncoder().encode(text).buffer) });

beforeEach(() => {
  desk.use(
    answers.get("/files", { items: [importFile()], next_cursor: null }),
    answers.get("/files/formats", FORMATS),
    answers.get("/file-mappings", { items: [] }),
    answers.get("/files/f-1", importFile()),
    answers.get("/files/f-1/rows", { items: preview().left_out, next_cursor: null }),
  );
});

describe("the page of files", () => {
  it("shows each file with what became of its rows", async () => {
    openPage("/files");
    const row = await screen.findByTestId("file-row");
    expect(within(row).getAllByRole("cell").map(({ textContent }) => textContent)).toEqual(expect.arrayContaining(["8", "5", "0", "2", "1"]));
    expect(await screen.findByText("No mapping is saved")).toBeDefined();
  });

  it("says what to do while there is none", async () => {
    desk.use(answers.get("/files", { items: [], next_cursor: null }));
    openPage("/files");
    expect(await screen.findByText("No file was imported")).toBeDefined();
  });

  it("tells why it can't show them", async () => {
    desk.use(answers.refuse("get", "/files", 503, "database.unavailable"));
    openPage("/files");
    expect(await screen.findByText("The files could not be shown")).toBeDefined();
  });

  it("uploads a file in pieces and leads to its preview", async () => {
    const pieces: unknown[] = [];
    desk.use(
      answers.post("/files", { ...UPLOADED, chunk_bytes: 4 }, 201),
      http.put("*/api/v1/files/f-1/chunks/:position", async ({ request, params }) => {
        pieces.push([params["position"], ((await request.json()) as { content: string }).content]);
        return new HttpResponse(null, { status: 204 });
      }),
      answers.get("/files/f-1", UPLOADED),
      answers.post("/files/f-1/preview", preview()),
    );
    const user = userEvent.setup();
    openPage("/files?new=1");
    await user.upload(await screen.findByTestId("file-input"), chosen("abcdef"));
    await user.click(screen.getByRole("button", { name: "Upload and look at it" }));
    expect((await screen.findByTestId("format")).textContent).toBe("Koinly universal");
    expect(pieces).toEqual([
      ["0", btoa("abcd")],
      ["1", btoa("ef")],
    ]);
    expect(screen.getByTestId("count-imported").textContent).toBe("5");
    expect(within(screen.getByTestId("overlap")).getByText("2024-01")).toBeDefined();
  });

  it("asks for the zone and imports nothing before it is told", async () => {
    const asked: unknown[] = [];
    desk.use(
      answers.get("/files/f-1", UPLOADED),
      http.post("*/api/v1/files/f-1/preview", async ({ request }) => {
        const wanted = (await request.json()) as { zone?: string };
        asked.push(wanted);
        return HttpResponse.json(wanted.zone ? preview() : preview({ zone: ASKED, counts: null, events: [], left_out: [], overlap: [] }));
      }),
    );
    const user = userEvent.setup();
    openPage("/files?file=f-1");
    expect(await screen.findByTestId("zone-question")).toBeDefined();
    expect(screen.getByTestId<HTMLButtonElement>("commit").disabled).toBe(true);
    await user.type(screen.getByLabelText("Time zone of the file"), "Europe/Berlin");
    await user.click(screen.getByTestId("zone-answer"));
    await expect.poll(() => screen.queryByTestId("zone-question")).toBeNull();
    expect(asked.at(-1)).toEqual({ zone: "Europe/Berlin" });
    expect(screen.getByTestId<HTMLButtonElement>("commit").disabled).toBe(false);
  });

  it("saves what the columns mean and reads the file so", async () => {
    const saved: unknown[] = [];
    desk.use(
      answers.get("/files/f-1", UPLOADED),
      http.post("*/api/v1/file-mappings", async ({ request }) => {
        const mapping = (await request.json()) as Record<string, unknown>;
        saved.push(mapping);
        return HttpResponse.json({ mapping_id: "m-1", saved_at: "2026-11-20T12:00:00Z", mapping });
      }),
      http.post("*/api/v1/files/f-1/preview", async ({ request }) =>
        HttpResponse.json(((await request.json()) as { mapping?: unknown }).mapping ? preview() : preview({ format: null, format_title: null, counts: null })),
      ),
    );
    const user = userEvent.setup();
    openPage("/files?file=f-1");
    await user.selectOptions(await screen.findByLabelText(/^Date and time/), "When");
    await user.selectOptions(screen.getByLabelText("Type"), "What");
    await user.selectOptions(screen.getByLabelText("Amount (signed, or by type)"), "Amount");
    await user.selectOptions(screen.getByLabelText("Currency of that amount"), "Coin");
    await user.selectOptions(screen.getByLabelText("zugang"), "deposit");
    await user.type(screen.getByLabelText(/^Name of this mapping/), "Bank");
    await user.click(screen.getByRole("button", { name: "Save the mapping and read the file" }));
    await expect.poll(() => screen.queryByTestId("commit")).not.toBeNull();
    expect(saved).toMatchObject([{ name: "Bank", columns: { date: 0, type: 1, amount: 2, asset: 3 }, types: { zugang: "deposit" } }]);
  });

  it("says why an import is refused", async () => {
    desk.use(
      answers.get("/files/f-1", UPLOADED),
      answers.post("/files/f-1/preview", preview()),
      http.post("*/api/v1/files/f-1/commit", () => refusal(409, "files.zone_needed")),
    );
    const user = userEvent.setup();
    openPage("/files?file=f-1");
    await user.click(await screen.findByTestId("commit"));
    expect(await screen.findByText("files.zone_needed")).toBeDefined();
  });

  it("reports an imported file with its rejected rows", async () => {
    openPage("/files?file=f-1");
    expect((await screen.findByTestId("report")).dataset["state"]).toBe("done");
    expect((await screen.findByTestId("left-out-row")).textContent).toContain("rejected: a number can't be read");
    expect(screen.getByTestId("download-rejects")).toBeDefined();
  });

  it.each([
    ["/files", "file-row"],
    ["/files?new=1", "upload-form"],
    ["/files?file=f-1", "left-out-row"],
  ])("has no fault on %s that axe finds", async (path, testId) => {
    openPage(path);
    await screen.findByTestId(testId);
    const { violations } = await run(document.body, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });
});
