/** How long a bar is: one of the usual lengths, or any. */
import { NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { isLength, isResolution, RESOLUTIONS } from "@/core/candles";
import { fieldText } from "@/shared/forms";
import styles from "./chart.module.css";

interface ResolutionChoiceProps {
  readonly value: string;
  readonly isNarrow: boolean;
  readonly onChange: (value: string) => void;
}

export function ResolutionChoice({ value, isNarrow, onChange }: ResolutionChoiceProps) {
  const usual = [...RESOLUTIONS];
  const data = isResolution(value) ? usual : [...usual, value];
  if (isNarrow) return <NativeSelect size="xs" aria-label="Resolution" data={data} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
  return (
    <>
      <SegmentedControl size="xs" aria-label="Resolution" data={usual} value={value} onChange={onChange} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const typed = fieldText(event.currentTarget, "length");
          if (isLength(typed)) onChange(typed);
        }}
      >
        <TextInput key={value} size="xs" className={styles["length"] ?? ""} name="length" aria-label="Any length of bars" placeholder="8h" title="Any length: 3m, 8h, 2d, 6w, 3M" pattern="[1-9]\d{0,3}[mhdwM]" defaultValue={isResolution(value) ? "" : value} spellCheck={false} />
      </form>
    </>
  );
}
