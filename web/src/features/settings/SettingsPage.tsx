/** How the desk is shown to this user. */
import { NativeSelect, SegmentedControl, Switch, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useDisplay } from "@/core/display";
import { Value } from "@/core/Figures";
import { problemOf } from "@/core/problems";
import { useHealth, usePageTitle, useUser } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { decimal } from "@/shared/decimals";
import { Panel } from "@/shared/Panel";
import styles from "./SettingsPage.module.css";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
const SCHEMES = [
  { value: "dark", label: "Dark" },
  { value: "light", label: "Light" },
  { value: "auto", label: "As the system" },
];

function Line({ name, note, children }: { readonly name: string; readonly note: string; readonly children: ReactNode }) {
  return (
    <div className={styles["line"]}>
      <div>
        <strong>{name}</strong>
        <p>{note}</p>
      </div>
      <div className={styles["control"]}>{children}</div>
    </div>
  );
}

function useChange() {
  const { desk, notices } = useServices();
  return (change: { display_asset?: string; time_zone?: string }) =>
    void desk.changeMe(change).then(
      () => notices.say("Saved."),
      (thrown: unknown) => notices.say(`Not saved: ${problemOf(thrown).detail}`, "failed"),
    );
}

function Account() {
  const user = useUser();
  const { asset, choices, zone } = useDisplay();
  const change = useChange();
  const zones = ZONES.includes(zone) ? ZONES : [zone, ...ZONES];
  return (
    <Panel title={`Yours, on every device (${user.email})`}>
      <Line name="Currency" note={`Values are booked in ${user.base_asset} and shown in this, at its last known rate. Only currencies with a rate can be chosen.`}>
        <NativeSelect aria-label="Currency of values" data={[...choices]} value={asset} onChange={(event) => change({ display_asset: event.currentTarget.value })} />
      </Line>
      <Line name="Time zone" note="Every time is shown in this zone; its name stands in each time's title.">
        <NativeSelect aria-label="Time zone" data={zones} value={zone} onChange={(event) => change({ time_zone: event.currentTarget.value })} />
      </Line>
    </Panel>
  );
}

const SAMPLE = { up: decimal("128.4"), down: decimal("-128.4") };

function ThisBrowser() {
  const { preferences } = useServices();
  const { swapped, masked } = useStore(preferences.store);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Panel title="This browser">
      <Line name="Theme" note="Both come from the same tokens.">
        <SegmentedControl aria-label="Theme" size="xs" data={SCHEMES} value={colorScheme} onChange={(scheme) => setColorScheme(scheme as "dark" | "light" | "auto")} />
      </Line>
      <Line name="Colours of up and down" note="The sign always says it too.">
        <Switch label="Swap them" checked={swapped} onChange={(event) => preferences.change({ swapped: event.currentTarget.checked })} />
        <span className={styles["sample"]}>
          <Value value={SAMPLE.up} signed /> <Value value={SAMPLE.down} signed />
        </span>
      </Line>
      <Line name="Masking" note="No balance and no size is left on the page; percentages and market prices stay. Press m anywhere.">
        <Switch label="Mask amounts" checked={masked} onChange={(event) => preferences.change({ masked: event.currentTarget.checked })} />
      </Line>
    </Panel>
  );
}

function Elsewhere() {
  return (
    <Panel title="What reads this desk">
      <Line name="Charting libraries" note="They read bars, quotes and your marks by a URL with a token in it, which you can revoke.">
        <Link to="/settings/datafeed">Datafeed tokens</Link>
      </Line>
      <Line name="TradingView's alerts" note="They come in by a URL of their own, and count as signals.">
        <Link to="/alerts?tab=signals">Where TradingView sends to</Link>
      </Line>
    </Panel>
  );
}

export default function SettingsPage() {
  usePageTitle("Settings");
  const health = valueOf(useHealth().resource);
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">Settings</h1>
      <Account />
      <ThisBrowser />
      <Elsewhere />
      <p className={styles["version"]}>
        Nightdesk {health ? health.version : "of a version not known"} ·{" "}
        <a href="/licences/inter.txt" target="_blank" rel="noreferrer">
          licence of the typeface
        </a>
      </p>
    </div>
  );
}
