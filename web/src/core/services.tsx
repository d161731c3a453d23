/** Everything the page holds on to, made once and handed down. */
import { createContext, use } from "react";
import { Desk } from "@/core/desk";
import { Imports } from "@/core/imports";
import { Live, type LiveOptions } from "@/core/live";
import { Notices } from "@/core/notices";
import { PreferenceKeeper } from "@/core/preferences";
import { Resources } from "@/core/resources";
import { SessionKeeper } from "@/core/session";

export interface Services {
  readonly session: SessionKeeper;
  readonly desk: Desk;
  readonly live: Live;
  readonly imports: Imports;
  readonly resources: Resources;
  readonly preferences: PreferenceKeeper;
  readonly notices: Notices;
}

export interface ServiceOptions {
  readonly live: LiveOptions;
  readonly storage: Storage;
  readonly otherTabs?: BroadcastChannel | null;
}

export function makeServices(options: ServiceOptions): Services {
  const session = new SessionKeeper(options.storage, options.otherTabs ?? null);
  const resources = new Resources();
  const notices = new Notices();
  const imports = new Imports((progress) => {
    notices.say(progress.state === "done" ? "An import is complete." : "An import has failed.", progress.state === "done" ? "done" : "failed");
    for (const prefix of ["accounts", "portfolio"]) resources.refresh(prefix);
  });
  return {
    session,
    desk: new Desk(session),
    live: new Live(session, options.live),
    imports,
    resources,
    preferences: new PreferenceKeeper(options.storage),
    notices,
  };
}

const ServicesContext = createContext<Services | null>(null);

export const ServicesProvider = ServicesContext.Provider;

export function useServices(): Services {
  const services = use(ServicesContext);
  if (!services) throw new Error("useServices outside its provider");
  return services;
}
