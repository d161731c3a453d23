/** Rail, top bar, page, bottom bar; keys and dialogs that work everywhere. */
import { useEffect, useMemo, useState } from "react";
import { useMediaQuery } from "@mantine/hooks";
import { useActions } from "@/app/actions";
import { BottomBar } from "@/app/BottomBar";
import { KillSwitchDialog } from "@/app/KillSwitch";
import { KeyList } from "@/app/KeyList";
import { NoticeList } from "@/app/NoticeList";
import { PageRoutes } from "@/app/PageRoutes";
import { Palette } from "@/app/Palette";
import { Rail } from "@/app/Rail";
import { TopBar } from "@/app/TopBar";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { listenForKeys } from "@/shared/keys";
import styles from "./Frame.module.css";

const isDialogOpen = () => document.querySelector("[role='dialog']") !== null;

/** Ctrl-K works even while one is typing. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      open();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [open]);
}

export function Frame() {
  const { preferences } = useServices();
  const { swapped, railOpen } = useStore(preferences.store);
  const [dialog, setDialog] = useState<"none" | "palette" | "keys" | "halt">("none");
  const isNarrow = useMediaQuery("(max-width: 700px)", false, { getInitialValueInEffect: false });
  const opens = useMemo(() => ({ palette: () => setDialog("palette"), keys: () => setDialog("keys"), halt: () => setDialog("halt") }), []);
  const actions = useActions(opens);
  usePaletteKey(opens.palette);
  useEffect(() => {
    const keys = actions.flatMap(({ key, run }) => (key && !key.startsWith("Ctrl") ? [[key, run] as const] : []));
    return listenForKeys(Object.fromEntries(keys), isDialogOpen);
  }, [actions]);
  useEffect(() => {
    document.documentElement.toggleAttribute("data-swapped", swapped);
  }, [swapped]);
  const close = () => setDialog("none");
  return (
    <div className={styles["frame"]} data-rail={railOpen ? "open" : "narrow"}>
      <a className={styles["skip"]} href="#page">
        Skip to the page
      </a>
      {!isNarrow && <Rail />}
      <TopBar isNarrow={isNarrow} onPalette={opens.palette} onHalt={opens.halt} />
      <main id="page" className={styles["page"]} tabIndex={-1}>
        <PageRoutes />
      </main>
      {isNarrow && <BottomBar onPalette={opens.palette} />}
      <NoticeList />
      <Palette opened={dialog === "palette"} onClose={close} actions={actions} />
      <KillSwitchDialog opened={dialog === "halt"} onClose={close} />
      <KeyList opened={dialog === "keys"} onClose={close} actions={actions} />
    </div>
  );
}
