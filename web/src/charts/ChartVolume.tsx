/** Volume on a chart that has its bars. */
import type { Chart } from "klinecharts";
import { useEffect } from "react";
import { addLayer } from "@/charts/layers";
import { VOLUME } from "@/charts/volume";

export default function ChartVolume({ chart }: { readonly chart: Chart }) {
  useEffect(() => addLayer(chart, VOLUME, "under").remove, [chart]);
  return null;
}
