/**
 * Keeps the page's hashed files, so that the installed desk opens at once, and shows alerts that are pushed.
 * Nothing else is ever kept: not the API, not GraphQL, not the page itself beyond what is needed to say that the desk is away.
 */

interface Fetching extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Pushed extends Waiting {
  readonly data: { json(): unknown } | null;
}
interface Clicked extends Waiting {
  readonly notification: Notification;
}
interface Page {
  readonly url: string;
  focus(): Promise<unknown>;
  navigate(url: string): Promise<unknown>;
}
interface Worker {
  readonly location: Location;
  readonly caches: CacheStorage;
  readonly clients: { claim(): Promise<void>; matchAll(wanted: { type: "window" }): Promise<readonly Page[]>; openWindow(url: string): Promise<unknown> };
  readonly registration: ServiceWorkerRegistration;
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "push", listener: (event: Pushed) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Clicked) => void): void;
}

const worker = self as unknown as Worker;
const CACHE = "nightdesk-assets-1";
const KEPT_AT_MOST = 120;

/** Files under `/assets/` carry the hash of their content in their name: they never change. */
const isAsset = (address: URL): boolean =>
  address.origin === worker.location.origin && /^\/assets\/[\w.-]+-[\w-]{8}\.(js|css|woff2)$/.test(address.pathname);

async function fromCache(request: Request): Promise<Response> {
  const cache = await worker.caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** Drops other versions' caches and, of our own, the oldest files past the limit. */
async function tidy(): Promise<void> {
  for (const name of await worker.caches.keys()) if (name !== CACHE) await worker.caches.delete(name);
  const cache = await worker.caches.open(CACHE);
  const kept = await cache.keys();
  for (const request of kept.slice(0, Math.max(0, kept.length - KEPT_AT_MOST))) await cache.delete(request);
}

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => worker.clients.claim())));
worker.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && isAsset(new URL(event.request.url))) event.respondWith(fromCache(event.request));
});

const CANARY = "nightdesk-canary";

const text = (value: unknown, otherwise: string): string => (typeof value === "string" && value !== "" ? value : otherwise);

/** The same alert again replaces its notification. A canary must be shown too, by the browsers' rules: it goes at once. */
async function show(said: Readonly<Record<string, unknown>>): Promise<void> {
  const { registration } = worker;
  if (said["canary"] === true) {
    await registration.showNotification("Nightdesk", { tag: CANARY, silent: true });
    for (const shown of await registration.getNotifications({ tag: CANARY })) shown.close();
    return;
  }
  await registration.showNotification(text(said["title"], "An alert of the desk"), {
    body: text(said["text"], ""),
    tag: text(said["id"], "nightdesk"),
    requireInteraction: said["severity"] === "critical",
    data: { link: text(said["link"], "/alerts") },
  });
}

function saidIn(event: Pushed): Readonly<Record<string, unknown>> {
  try {
    return (event.data?.json() ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** Only pages of our own are opened, whatever the message says. */
async function open(link: unknown): Promise<void> {
  const address = new URL(text(link, "/alerts"), worker.location.origin);
  const url = address.origin === worker.location.origin ? address.href : `${worker.location.origin}/alerts`;
  const [page] = await worker.clients.matchAll({ type: "window" });
  if (page) await page.focus().then(() => page.navigate(url));
  else await worker.clients.openWindow(url);
}

worker.addEventListener("push", (event) => event.waitUntil(show(saidIn(event))));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open((event.notification.data as { link?: unknown } | null)?.link));
});
