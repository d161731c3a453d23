/** Subscribing this browser to web push. */
import type { Address } from "@/core/alerting";
import { Problem } from "@/core/problems";

const READY_MS = 5_000;

export const canPush = (): boolean => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** What base64url means. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

const refused = (code: string, detail: string): Problem => new Problem({ code, detail, correlationId: "" });

async function worker(): Promise<ServiceWorkerRegistration> {
  const waited = new Promise<never>((_, reject) => setTimeout(() => reject(refused("push.no_worker", "The page's service worker does not start; reload the page.")), READY_MS));
  return await Promise.race([navigator.serviceWorker.ready, waited]);
}

/** Asks the user, then the browser's push service. */
export async function subscribe(publicKey: string): Promise<Address> {
  if ((await Notification.requestPermission()) !== "granted") throw refused("push.denied", "This browser does not allow notifications of the desk.");
  const registration = await worker();
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(publicKey) };
  let subscription: PushSubscription;
  try {
    subscription = await registration.pushManager.subscribe(options);
  } catch {
    throw refused("push.unreachable", "The browser's push service can't be reached.");
  }
  const { endpoint, keys } = subscription.toJSON();
  const { p256dh, auth } = keys ?? {};
  if (!endpoint || !p256dh || !auth) throw refused("push.incomplete", "The browser did not say how it can be pushed to.");
  return { kind: "web_push", endpoint, keys: { p256dh, auth } };
}
