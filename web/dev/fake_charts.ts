/** Layouts, points and shares of the made-up desk, in memory. */

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

type Json = Record<string, unknown>;

const at = new Date().toISOString();
const layouts = new Map<string, Json>();
const sets = new Map<string, Json>();
const points = new Map<string, Json[]>();
const shares = new Map<string, Json>();
const missing: Answer = { status: 404, body: { title: "x", status: 404, code: "charts.layout_not_found", detail: "There is none.", correlation_id: "fake" } };

const contentOf = (given: Json): Json => ({ v: 1, range: null, studies: [], drawings: [], points: [], fills: true, orders: true, magnet: "off", ...given });

function layout(method: string, id: string | undefined, body: Json): Answer {
  if (!id) return { body: { items: [...layouts.values()].map((each) => ({ ...each, ...(each["content"] as Json) })), next_cursor: null } };
  const known = layouts.get(id);
  if (method === "PUT") {
    if (((known?.["version"] as number | undefined) ?? 0) !== (body["replaces"] as number)) return { status: 409, body: { title: "x", status: 409, code: "charts.layout_changed", detail: "Changed.", correlation_id: "fake" } };
    layouts.set(id, { layout_id: id, name: body["name"], version: (body["replaces"] as number) + 1, content: contentOf(body["content"] as Json), made_at: at, changed_at: at });
  } else if (method === "DELETE") layouts.delete(id);
  const now = layouts.get(id);
  return now ? { body: now } : missing;
}

function pointSet(method: string, id: string | undefined, rest: string | undefined, body: Json): Answer {
  if (!id) return { body: { items: [...sets.values()], next_cursor: null } };
  if (method === "PUT") sets.set(id, { set_id: id, name: body["name"], style: body["style"], colour: body["colour"], points: points.get(id)?.length ?? 0 });
  if (rest === "points" && method === "GET") return { body: { items: points.get(id) ?? [], next_from: null } };
  if (rest === "points" && method === "POST") {
    points.set(id, [...(points.get(id) ?? []), ...(body["points"] as Json[])]);
    sets.set(id, { ...sets.get(id), points: points.get(id)?.length });
  }
  return { body: sets.get(id) };
}

function share(method: string, id: string | undefined, body: Json): Answer {
  if (!id) return { body: { items: [...shares.values()].map((each) => each["share"]), next_cursor: null } };
  if (id === "open") {
    const found = shares.get(body["token"] as string);
    return found ? { body: { name: (found["share"] as Json)["name"], content: contentOf(found["content"] as Json), points: [] } } : missing;
  }
  const token = id.replaceAll("-", "").padEnd(43, "x");
  if (method === "PUT") shares.set(token, { share: { share_id: id, name: body["name"], open: body["open"], made_at: at, revoked_at: null }, content: body["content"] });
  const made = shares.get(token)?.["share"] as Json;
  if (method === "DELETE") return { body: Object.assign(made, { revoked_at: at }) };
  return { body: { share: made, token } };
}

export function charts(method: string, [, root, id, rest]: readonly string[], body: Json): Answer | null {
  if (root === "chart-layouts") return layout(method, id, body);
  if (root === "chart-points") return pointSet(method, id, rest, body);
  return root === "chart-shares" ? share(method, id, body) : null;
}
