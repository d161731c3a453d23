/**
 * Keeps the page's hashed files, so that the installed desk opens at once.
 * Nothing else is ever kept: not the API, not GraphQL, not the page itself beyond what is needed to say that the desk is away.
 */

interface Fetching extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Worker {
  readonly location: Location;
  readonly caches: CacheStorage;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
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
