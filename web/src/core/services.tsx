/** Everything the page holds on to, made once and handed down. */
import { createContext, use } from "react";
import { Alerting } from "@/core/alerting";
import { Desk } from "@/core/desk";
import { Imports } from "@/core/imports";
import { Feeds } from "@/core/feeds";
import { LedgerWatch } from "@/core/ledger_news";
import { Live, type LiveOptions } from "@/core/live/live";
import { Notices } from "@/core/notices";
import { Portfolios } from "@/core/portfolios";
import { PreferenceKeeper } from "@/core/preferences";
import { Resources } from "@/core/resources";
import { SessionKeeper } from "@/core/session";
import { Tickers } from "@/core/tickers";
import { Trading } from "@/core/trading";

export interface Services {
  readonly session: SessionKeeper;
  readonly desk: Desk;
  readonly alerting: Alerting;
  readonly trading: Trading;
  readonly live: Live;
  readonly portfolios: Portfolios;
  readonly tickers: Tickers;
  readonly feeds: Feeds;
  readonly ledger: LedgerWatch;
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
  const live = new Live(session, options.live);
  return {
    session,
    desk: new Desk(session),
    alerting: new Alerting(session),
    trading: new Trading(session),
    live,
    portfolios: new Portfolios(),
    tickers: new Tickers(live),
    feeds: new Feeds(),
    ledger: new LedgerWatch(),
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
