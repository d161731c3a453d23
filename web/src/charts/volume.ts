/** Volume under the bars. */
import { type IndicatorTemplate, registerIndicator } from "klinecharts";
import { volumeColors } from "@/charts/chartStyles";

interface Volume {
  readonly volume: number;
  readonly isUp: boolean;
}

export const VOLUME = "NIGHTDESK_VOLUME";

const template: IndicatorTemplate<Volume> = {
  name: VOLUME,
  shortName: "Volume",
  series: "volume",
  calcParams: [],
  minValue: 0,
  precision: 2,
  shouldFormatBigNumber: true,
  figures: [
    {
      key: "volume",
      title: "Volume ",
      type: "bar",
      baseValue: 0,
      styles: ({ data }) => {
        const colors = volumeColors();
        return { color: data.current?.isUp === false ? colors.down : colors.up };
      },
    },
  ],
  calc: (bars) => bars.map(({ volume, open, close }) => ({ volume: volume ?? 0, isUp: close >= open })),
};

let isRegistered = false;

/** Makes the indicator known to KLineChart, once. */
export function registerVolume(): void {
  if (isRegistered) return;
  registerIndicator(template);
  isRegistered = true;
}
