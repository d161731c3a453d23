/** Alerts: what was said and how it travelled, the channels, TradingView's signals, when to hear of what. */
import { useSearchParams } from "react-router";
import { useOutbox } from "@/core/alerting";
import { usePageTitle } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { AlertList } from "@/features/alerts/AlertList";
import { ChannelsPanel } from "@/features/alerts/ChannelsPanel";
import { OutboxPanel } from "@/features/alerts/OutboxPanel";
import { PreferencesPanel } from "@/features/alerts/PreferencesPanel";
import { SignalsPanel } from "@/features/alerts/SignalsPanel";
import styles from "./alerts.module.css";

const TABS = ["alerts", "channels", "signals", "outbox"] as const;
type Tab = (typeof TABS)[number];
const NAMES: Readonly<Record<Tab, string>> = { alerts: "Alerts", channels: "Channels", signals: "TradingView", outbox: "Local outbox" };

export default function AlertsPage() {
  usePageTitle("Alerts");
  const [search, setSearch] = useSearchParams();
  const hasOutbox = valueOf(useOutbox().resource) !== null;
  const tab = TABS.find((each) => each === search.get("tab")) ?? "alerts";
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">Alerts</h1>
      <div className={styles["tabs"]} role="tablist" aria-label="What of alerts">
        {TABS.filter((each) => each !== "outbox" || hasOutbox).map((each) => (
          <button key={each} type="button" role="tab" aria-selected={tab === each} onClick={() => setSearch(each === "alerts" ? {} : { tab: each })}>
            {NAMES[each]}
          </button>
        ))}
      </div>
      {tab === "alerts" && <AlertList />}
      {tab === "channels" && (
        <>
          <ChannelsPanel />
          <PreferencesPanel />
        </>
      )}
      {tab === "signals" && <SignalsPanel />}
      {tab === "outbox" && <OutboxPanel />}
    </div>
  );
}
