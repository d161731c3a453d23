/** A ratio, typed as percent. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { percentText, ratioOf } from "@/features/rules/spans";

interface RatioInputProps {
  readonly label: string;
  readonly ratio: string;
  readonly onChange: (ratio: string) => void;
}

export function RatioInput({ label, ratio, onChange }: RatioInputProps) {
  const [typed, setTyped] = useState(() => percentText(ratio));
  const isMeant = ratioOf(typed) !== null;
  const onType = (text: string) => {
    setTyped(text);
    const next = ratioOf(text);
    if (next !== null) onChange(next);
  };
  return <TextInput size="xs" label={label} inputMode="decimal" autoComplete="off" value={typed} error={isMeant ? null : "Not a number of percent"} onChange={(event) => onType(event.currentTarget.value)} />;
}
