/** Keeps what the whole page lives on while somebody is signed in: portfolio, feeds, ledger, imports. */
import { useEffect } from "react";
import { isOpen } from "@/core/imports";
import { fillsToTell } from "@/core/ledger_news";
import { type Services, useServices } from "@/core/services";

function listen({ live, portfolios, feeds, ledger, imports, notices, resources }: Services): () => void {
  const stops = [
    live.listen({ name: "portfolio" }, ({ delta }) => portfolios.pushed(delta)),
    live.listen({ name: "feeds" }, (update) => feeds.pushed(update.feeds)),
    live.listen({ name: "ledgerRecorded" }, ({ news }) => ledger.pushed(news)),
    live.listen({ name: "importProgress" }, ({ progress }) => imports.pushed(progress)),
    live.state.subscribe(() => {
      if (live.state.value !== "open") portfolios.interrupted();
    }),
    ledger.follow((news) => {
      const progress = imports.store.value.get(news.account_id);
      if (!progress || !isOpen(progress)) for (const text of fillsToTell(news)) notices.say(text);
      if (!portfolios.isPushed.value) resources.refresh("portfolio");
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export function LiveFeed() {
  const services = useServices();
  useEffect(() => listen(services), [services]);
  useEffect(() => {
    const wake = () => document.hidden || services.live.wake();
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      window.removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [services]);
  return null;
}
