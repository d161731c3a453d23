/** Tools to draw with, steps back and forth, and what is shown. */
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowNarrowRight,
  IconArrowRight,
  IconArrowsHorizontal,
  IconArrowsVertical,
  IconArrowUp,
  IconBrush,
  IconChartLine,
  IconEqual,
  IconLine,
  IconList,
  IconMagnet,
  IconMinus,
  IconNote,
  IconPointer,
  IconRectangle,
  IconRuler2,
  IconSlash,
  IconStairs,
  IconTag,
  IconTrendingUp,
} from "@tabler/icons-react";
import { type Kind, KINDS, type Magnet, MAGNETS } from "@/core/chart_contracts";
import styles from "./drawing.module.css";

export const TITLES: Readonly<Record<Kind, string>> = {
  trend_line: "Trend line",
  ray: "Ray",
  line: "Endless line",
  horizontal_line: "Horizontal line",
  horizontal_ray: "Horizontal ray",
  horizontal_segment: "Horizontal segment",
  vertical_line: "Vertical line",
  vertical_ray: "Vertical ray",
  vertical_segment: "Vertical segment",
  price_line: "Price line",
  parallel_channel: "Parallel channel",
  price_channel: "Price channel",
  fibonacci: "Fibonacci retracement",
  rectangle: "Rectangle",
  brush: "Brush",
  note: "Note",
  measure: "Measure",
};

const ICONS: Readonly<Record<Kind, typeof IconLine>> = {
  trend_line: IconLine,
  ray: IconTrendingUp,
  line: IconSlash,
  horizontal_line: IconMinus,
  horizontal_ray: IconArrowNarrowRight,
  horizontal_segment: IconArrowsHorizontal,
  vertical_line: IconArrowsVertical,
  vertical_ray: IconArrowUp,
  vertical_segment: IconArrowRight,
  price_line: IconTag,
  parallel_channel: IconEqual,
  price_channel: IconChartLine,
  fibonacci: IconStairs,
  rectangle: IconRectangle,
  brush: IconBrush,
  note: IconNote,
  measure: IconRuler2,
};

interface DrawingBarProps {
  readonly tool: Kind | null;
  readonly magnet: Magnet;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly onTool: (tool: Kind | null) => void;
  readonly onMagnet: (magnet: Magnet) => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
  readonly onList: () => void;
}

interface ToolProps {
  readonly title: string;
  readonly icon: typeof IconLine;
  readonly isOn?: boolean;
  readonly isOff?: boolean;
  readonly onClick: () => void;
}

const Tool = ({ title, icon: Icon, isOn, isOff = false, onClick }: ToolProps) => (
  <button type="button" className={styles["tool"]} title={title} aria-label={title} {...(isOn === undefined ? {} : { "aria-pressed": isOn })} disabled={isOff} onClick={onClick}>
    <Icon size={16} stroke={1.6} aria-hidden="true" />
  </button>
);

export function DrawingBar({ tool, magnet, canUndo, canRedo, onTool, onMagnet, onUndo, onRedo, onList }: DrawingBarProps) {
  const next = MAGNETS[(MAGNETS.indexOf(magnet) + 1) % MAGNETS.length] ?? "off";
  return (
    <div className={styles["bar"]} role="toolbar" aria-label="Drawing" aria-orientation="vertical" data-testid="drawing-bar">
      <Tool title="Point (Esc)" icon={IconPointer} isOn={tool === null} onClick={() => onTool(null)} />
      {KINDS.map((kind) => (
        <Tool key={kind} title={TITLES[kind]} icon={ICONS[kind]} isOn={tool === kind} onClick={() => onTool(tool === kind ? null : kind)} />
      ))}
      <span className={styles["rule"]} />
      <Tool title={`Magnet: ${magnet}`} icon={IconMagnet} isOn={magnet !== "off"} onClick={() => onMagnet(next)} />
      <Tool title="Undo (Ctrl-Z)" icon={IconArrowBackUp} isOff={!canUndo} onClick={onUndo} />
      <Tool title="Redo (Ctrl-Shift-Z)" icon={IconArrowForwardUp} isOff={!canRedo} onClick={onRedo} />
      <Tool title="All drawings" icon={IconList} onClick={onList} />
    </div>
  );
}
