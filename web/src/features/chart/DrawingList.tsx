/** Every drawing of the layout, those on other series and hidden ones too. */
import { IconEye, IconEyeOff, IconTrash } from "@tabler/icons-react";
import type { Drawing } from "@/core/chart_contracts";
import { TITLES } from "@/features/chart/DrawingBar";
import { SideDialog } from "@/shared/Dialog";
import { Empty } from "@/shared/Panel";
import styles from "./drawing.module.css";

interface DrawingListProps {
  readonly opened: boolean;
  readonly drawings: readonly Drawing[];
  readonly series: string;
  readonly onClose: () => void;
  readonly onChoose: (id: string) => void;
  readonly onPut: (drawing: Drawing) => void;
  readonly onRemove: (id: string) => void;
}

export function DrawingList({ opened, drawings, series, onClose, onChoose, onPut, onRemove }: DrawingListProps) {
  return (
    <SideDialog opened={opened} onClose={onClose} title="Drawings" size={380}>
      {drawings.length === 0 && <Empty title="Nothing drawn yet">Take a tool from the bar beside the chart.</Empty>}
      <ul className={styles["list"]}>
        {drawings.map((drawing) => (
          <li key={drawing.id}>
            <button type="button" className={styles["row"]} disabled={drawing.series !== series} onClick={() => onChoose(drawing.id)}>
              {TITLES[drawing.kind]} <span>{drawing.series === series ? drawing.text.split("\n")[0] : drawing.series}</span>
            </button>
            <button type="button" className={styles["tool"]} aria-label={drawing.hidden ? "Show" : "Hide"} onClick={() => onPut({ ...drawing, hidden: !drawing.hidden })}>
              {drawing.hidden ? <IconEyeOff size={14} /> : <IconEye size={14} />}
            </button>
            <button type="button" className={styles["tool"]} aria-label="Delete" onClick={() => onRemove(drawing.id)}>
              <IconTrash size={14} />
            </button>
          </li>
        ))}
      </ul>
    </SideDialog>
  );
}
