/** Sets a function's parameters and adds it to the chart. */
import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { useState } from "react";
import type { Indicator, IndicatorParameter } from "@/core/indicators";
import type { Study } from "@/core/studies";
import styles from "./studies.module.css";

type Numbers = Readonly<Record<string, number>>;

/** The expression of a function over the chart's own bars. */
export function textOf({ name, parameters }: Indicator, numbers: Numbers): string {
  const given = parameters.map((parameter) => {
    const value = numbers[parameter.name] ?? parameter.default;
    return parameter.choices[value] ?? String(value);
  });
  return `${name}(${["series", "resolution", ...given].join(",")})`;
}

interface FieldProps {
  readonly parameter: IndicatorParameter;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function Field({ parameter: { name, choices, lowest, highest, whole }, value, onChange }: FieldProps) {
  if (choices.length > 0) {
    const data = choices.map((choice, number) => ({ value: String(number), label: choice }));
    return <NativeSelect size="xs" label={name} data={data} value={String(value)} onChange={(event) => onChange(Number(event.currentTarget.value))} />;
  }
  return (
    <NumberInput
      size="xs"
      label={name}
      value={value}
      min={lowest}
      max={highest}
      allowDecimal={!whole}
      clampBehavior="strict"
      onChange={(typed) => typeof typed === "number" && onChange(typed)}
    />
  );
}

interface IndicatorFormProps {
  readonly indicator: Indicator;
  readonly onAdd: (study: Study) => void;
}

export function IndicatorForm({ indicator, onAdd }: IndicatorFormProps) {
  const [numbers, setNumbers] = useState<Numbers>({});
  const unset = indicator.inputs.find(({ field }) => field === null);
  if (unset) {
    return (
      <p className={styles["hint"]}>
        {indicator.name} needs a formula for <code>{unset.name}</code>: use it in an expression.
      </p>
    );
  }
  return (
    <form
      className={styles["form"]}
      data-testid="indicator-form"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd({ place: indicator.overlay ? "over" : "under", text: textOf(indicator, numbers) });
      }}
    >
      <div className={styles["numbers"]}>
        {indicator.parameters.map((parameter) => (
          <Field
            key={parameter.name}
            parameter={parameter}
            value={numbers[parameter.name] ?? parameter.default}
            onChange={(value) => setNumbers({ ...numbers, [parameter.name]: value })}
          />
        ))}
      </div>
      <div className={styles["actions"]}>
        <Button type="submit" size="compact-sm">
          Add to the chart
        </Button>
      </div>
    </form>
  );
}
