/** One drawing: its words, look, anchors, and whether it is locked or hidden. */
import { NativeSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { IconEye, IconEyeOff, IconLock, IconLockOpen, IconTrash, IconX } from "@tabler/icons-react";
import type { Anchor, Drawing } from "@/core/chart_contracts";
import { useDisplay } from "@/core/display";
import { TITLES } from "@/features/chart/DrawingBar";
import { instantOf, localOf } from "@/shared/zoned";
import styles from "./drawing.module.css";

const COLOURS = [0, 1, 2, 3, 4, 5, 6] as const;
const WIDTHS = ["1", "2", "3", "4"];
const DASHES = [
  { value: "solid", label: "Solid" },
  { value: "dashed", label: "Dashed" },
];
const WORDED = new Set(["note", "price_line"]);
/** More than so many are drawn by hand. */
const ANCHORS_EDITED = 3;

interface DrawingPanelProps {
  readonly drawing: Drawing;
  /** Whether prices of this series are private and amounts are masked. */
  readonly isMasked: boolean;
  readonly onPut: (drawing: Drawing) => void;
  readonly onRemove: () => void;
  readonly onClose: () => void;
}

function Anchors({ drawing, isMasked, onPut }: Pick<DrawingPanelProps, "drawing" | "isMasked" | "onPut">) {
  const { zone } = useDisplay();
  const change = (at: number, part: Partial<Anchor>) => onPut({ ...drawing, anchors: drawing.anchors.map((each, nth) => (nth === at ? { ...each, ...part } : each)) });
  return drawing.anchors.map(({ at_ms, price }, at) => (
    <div key={at} className={styles["pair"]}>
      <TextInput
        key={`${at} ${at_ms}`}
        type="datetime-local"
        size="xs"
        label={`Time ${at + 1}`}
        title={zone}
        defaultValue={localOf(new Date(at_ms).toISOString(), zone)}
        onBlur={(event) => {
          const instant = instantOf(event.currentTarget.value, zone);
          if (instant && localOf(new Date(at_ms).toISOString(), zone) !== event.currentTarget.value) change(at, { at_ms: Date.parse(instant) });
        }}
      />
      {!isMasked && <NumberInput size="xs" hideControls label={`Price ${at + 1}`} value={price} onChange={(typed) => typeof typed === "number" && typed !== price && change(at, { price: typed })} />}
    </div>
  ));
}

export function DrawingPanel({ drawing, isMasked, onPut, onRemove, onClose }: DrawingPanelProps) {
  const { kind, text, colour, width, dash, locked, hidden, anchors } = drawing;
  const change = (part: Partial<Drawing>) => onPut({ ...drawing, ...part });
  return (
    <section className={styles["panel"]} aria-label={TITLES[kind]} data-testid="drawing-panel">
      <header>
        <strong>{TITLES[kind]}</strong>
        <button type="button" className={styles["tool"]} aria-label={locked ? "Unlock" : "Lock"} aria-pressed={locked} onClick={() => change({ locked: !locked })}>
          {locked ? <IconLock size={14} /> : <IconLockOpen size={14} />}
        </button>
        <button type="button" className={styles["tool"]} aria-label={hidden ? "Show" : "Hide"} aria-pressed={hidden} onClick={() => change({ hidden: !hidden })}>
          {hidden ? <IconEyeOff size={14} /> : <IconEye size={14} />}
        </button>
        <button type="button" className={styles["tool"]} aria-label="Delete" onClick={onRemove}>
          <IconTrash size={14} />
        </button>
        <button type="button" className={styles["tool"]} aria-label="Close" onClick={onClose}>
          <IconX size={14} />
        </button>
      </header>
      {WORDED.has(kind) && <Textarea size="xs" label="Text" rows={2} maxLength={500} value={text} onChange={(event) => change({ text: event.currentTarget.value })} data-testid="drawing-text" />}
      <div className={styles["swatches"]} role="radiogroup" aria-label="Colour">
        {COLOURS.map((each) => (
          <button key={each} type="button" role="radio" aria-checked={colour === each} aria-label={each === 0 ? "Accent" : `Colour ${each}`} data-colour={each} className={styles["swatch"]} onClick={() => change({ colour: each })} />
        ))}
      </div>
      <div className={styles["pair"]}>
        <NativeSelect size="xs" label="Width" data={WIDTHS} value={width.toString()} onChange={(event) => change({ width: Number(event.currentTarget.value) })} />
        <NativeSelect size="xs" label="Line" data={DASHES} value={dash} onChange={(event) => change({ dash: event.currentTarget.value === "dashed" ? "dashed" : "solid" })} />
      </div>
      {anchors.length <= ANCHORS_EDITED && <Anchors drawing={drawing} isMasked={isMasked} onPut={onPut} />}
    </section>
  );
}
