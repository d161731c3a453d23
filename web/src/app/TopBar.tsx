/** Total, health, masking, currency, zone, user: what one glances at. */
import { ActionIcon, NativeSelect, Skeleton } from "@mantine/core";
import { IconEye, IconEyeOff, IconLogout, IconSearch } from "@tabler/icons-react";
import { useSignOut } from "@/app/actions";
import { KillSwitchButton } from "@/app/KillSwitch";
import { FeedHealth } from "@/app/FeedHealth";
import { Keys } from "@/app/KeyList";
import { useDoubt } from "@/core/feeds";
import { useDisplay } from "@/core/display";
import { Age, Percent, Value } from "@/core/Figures";
import { problemOf } from "@/core/problems";
import { usePortfolio, useUser } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { Mark } from "@/shared/Mark";
import { Logo } from "@/shared/Logo";
import styles from "./TopBar.module.css";

function Total() {
  const { resource } = usePortfolio();
  const doubt = useDoubt();
  const portfolio = valueOf(resource);
  if (!portfolio) return resource.kind === "loading" ? <Skeleton width={180} height={14} /> : <span className={styles["dim"]}>Total not known</span>;
  const { total } = portfolio;
  const unrealised = portfolio.gain;
  const isStale = problemIn(resource) !== null || doubt !== null;
  return (
    <div className={`${styles["total"]} ${isStale ? "quiet" : ""}`} data-testid="total">
      <strong className={styles["value"]}>
        <Value value={total.value} unit />
      </strong>
      {unrealised && (
        <span title="Unrealised profit and loss of everything with a price and a proven cost" className={styles["pnl"]}>
          <Value value={unrealised.pnl} signed /> <Percent value={unrealised.percent} signed />
        </span>
      )}
      {!total.complete && (
        <Mark tone="warn" title={`Without a price: ${portfolio.unpriced.join(", ")}`}>
          incomplete
        </Mark>
      )}
      {doubt && (
        <span className={styles["doubt"]} title={doubt.why}>
          <Age at={portfolio.as_of} prefix="valued " />
        </span>
      )}
      {!doubt && <Age at={total.priced_at} prefix="prices " />}
    </div>
  );
}

function CurrencyChoice() {
  const { desk, notices } = useServices();
  const { asset, choices } = useDisplay();
  const change = (display_asset: string) =>
    void desk.changeMe({ display_asset }).catch((thrown: unknown) => notices.say(problemOf(thrown).detail, "failed"));
  return (
    <NativeSelect
      aria-label="Currency"
      size="xs"
      className={styles["currency"] ?? ""}
      data={[...choices]}
      value={asset}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function MaskButton() {
  const { preferences } = useServices();
  const { masked } = useStore(preferences.store);
  const Icon = masked ? IconEyeOff : IconEye;
  return (
    <ActionIcon
      variant={masked ? "light" : "subtle"}
      color={masked ? "blue" : "gray"}
      aria-label={masked ? "Show amounts" : "Mask amounts"}
      aria-pressed={masked}
      title="m"
      onClick={() => preferences.change({ masked: !masked })}
      data-testid="mask"
    >
      <Icon size={17} stroke={1.6} />
    </ActionIcon>
  );
}

interface TopBarProps {
  readonly isNarrow: boolean;
  readonly onPalette: () => void;
  readonly onHalt: () => void;
}

export function TopBar({ isNarrow, onPalette, onHalt }: TopBarProps) {
  const user = useUser();
  const { zone } = useDisplay();
  const signOut = useSignOut();
  return (
    <header className={styles["bar"]}>
      {isNarrow && <Logo />}
      <Total />
      <div className={styles["right"]}>
        {!isNarrow && (
          <button type="button" className={styles["find"]} onClick={onPalette}>
            <IconSearch size={15} stroke={1.6} />
            Find
            <Keys keys="Ctrl K" />
          </button>
        )}
        <FeedHealth isNarrow={isNarrow} />
        <KillSwitchButton isNarrow={isNarrow} onOpen={onHalt} />
        <MaskButton />
        <CurrencyChoice />
        {!isNarrow && (
          <>
            <span className={styles["zone"]} title="Times are shown in this zone">
              {zone}
            </span>
            <span className={styles["user"]} title={`${user.email}, ${user.role}`}>
              {user.email}
            </span>
          </>
        )}
        <ActionIcon variant="subtle" color="gray" className={styles["signOut"] ?? ""} aria-label="Sign out" title="Sign out" onClick={signOut} data-testid="sign-out">
          <IconLogout size={17} stroke={1.6} />
        </ActionIcon>
      </div>
    </header>
  );
}
