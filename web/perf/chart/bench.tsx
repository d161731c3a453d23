/** A chart of 50,000 bars with eight studies, updated 22 times a second: the page's own, or KLineChart's built-in indicators. */
import { MantineProvider } from "@mantine/core";
import { type DataLoader, init } from "klinecharts";
import { createRoot } from "react-dom/client";
import CandleChart from "@/charts/CandleChart";
import ChartStudies from "@/charts/ChartStudies";
import ChartVolume from "@/charts/ChartVolume";
import { timed } from "@/core/candles";
import type { Bar } from "@/core/contracts";
import type { CandleRange } from "@/core/desk";
import { type Display, DisplayValue } from "@/core/display";
import told from "@/core/incremental/analyser_values.json";
import type { Indicator } from "@/core/indicators";
import { PreferenceKeeper } from "@/core/preferences";
import { type Services, ServicesProvider } from "@/core/services";
import type { Study } from "@/core/studies";
import "@/shared/tokens.css";

const [BARS, OLDER, STEP_MS, EACH_MS, SECONDS, CLOSES_AFTER] = [50_000, 9_000, 900_000, 45, 10, 40];
const FIRST_MS = 1_700_000_100_000;
const OVER = ["SMA(series,resolution,20)", "EMA(series,resolution,50)", "WMA(series,resolution,100)", "BBANDS(series,resolution,20,2,2,SMA)"];
const UNDER = ["RSI(series,resolution,14)", "MACD(series,resolution,12,26,9)", "ATR(series,resolution,14)", "OBV(series,resolution)"];
const STUDIES: readonly Study[] = [...OVER.map((text) => ({ place: "over" as const, text })), ...UNDER.map((text) => ({ place: "under" as const, text }))];
const FUNCTIONS = told.functions as readonly Indicator[];
const BUILT_IN = ["MA", "EMA", "SMA", "BOLL", "RSI", "MACD", "DMI", "OBV"];
const DISPLAY: Display = { masked: false, locale: "en", zone: "UTC", asset: "USDT", choices: ["USDT"], convert: (value) => value };

/** Those that the chart shows, and before them those that its studies are warmed up with. */
function walk(): readonly Bar[] {
  let close = 50_000;
  return Array.from({ length: OLDER + BARS }, (_, at) => {
    const open = close;
    close *= 1 + Math.sin(at * 12.9898) * 0.002;
    return [FIRST_MS + at * STEP_MS, open, Math.max(open, close) * 1.001, Math.min(open, close) * 0.999, close, 10 + (at % 7)];
  });
}

const bars = walk();
let newest: Bar = bars.at(-1) ?? [0, 0, 0, 0, 0, 0];
let updates = 0;

/** The forming bar as it moves on; now and then it closes and another begins. */
function next(): Bar {
  updates += 1;
  const [at, open, high, low, before] = newest;
  if (updates % CLOSES_AFTER === 0) newest = [at + STEP_MS, before, before, before, before, 0.5];
  else {
    const close = open * (1 + Math.sin(updates) / 500);
    newest = [at, open, Math.max(high, close), Math.min(low, close), close, 10 + (updates % 5)];
  }
  return newest;
}

const ignore = () => undefined;

type Push = (bar: Bar) => void;

/** The page's own chart on a desk that has these bars. */
function ours(element: HTMLElement): { readonly push: Push; readonly isReady: () => boolean } {
  let push: Push = () => undefined;
  const candles = ({ from, to }: CandleRange) => {
    const items = from === undefined ? bars.slice(to === undefined ? OLDER : BARS) : bars.filter(([at]) => at >= from && at < (to ?? from));
    return Promise.resolve({ items, base: "USDT", next_from: null });
  };
  const listen = (_: unknown, onUpdate: (update: unknown) => void) => {
    push = (bar) => onUpdate({ name: "candles", news: { restarted: false, bars: [bar] } });
    return () => undefined;
  };
  const services = { desk: { candles }, live: { listen }, preferences: new PreferenceKeeper(localStorage), session: {} } as unknown as Services;
  createRoot(element).render(
    <MantineProvider forceColorScheme="dark">
      <ServicesProvider value={services}>
        <DisplayValue value={DISPLAY}>
          <div style={{ display: "flex", height: "100%" }}>
            <CandleChart series="BENCH:BTC/USDT" resolution="15m" label="bench">
              {(drawn) => (
                <>
                  <ChartVolume chart={drawn.chart} />
                  <ChartStudies {...drawn} series="BENCH:BTC/USDT" resolution="15m" studies={STUDIES} functions={FUNCTIONS} isMasked={false} onProblem={ignore} />
                </>
              )}
            </CandleChart>
          </div>
        </DisplayValue>
      </ServicesProvider>
    </MantineProvider>,
  );
  return { push: (bar) => push(bar), isReady: () => element.querySelector('[data-outcome="drawn"]') !== null };
}

function builtIn(element: HTMLElement): { readonly push: Push; readonly isReady: () => boolean } {
  const chart = init(element);
  if (!chart) throw new Error("no chart");
  let push: Parameters<NonNullable<DataLoader["subscribeBar"]>>[0]["callback"] = () => undefined;
  chart.setSymbol({ ticker: "BENCH", pricePrecision: 2, volumePrecision: 2 });
  chart.setPeriod({ type: "minute", span: 15 });
  chart.setDataLoader({ getBars: ({ callback }) => callback(bars.slice(OLDER).map(timed), false), subscribeBar: ({ callback }) => (push = callback) });
  chart.createIndicator("VOL");
  BUILT_IN.forEach((name, at) => chart.createIndicator({ name, ...(at < OVER.length ? { paneId: "candle_pane" } : {}) }, true));
  return { push: (bar) => push(timed(bar)), isReady: () => chart.getDataList().length === BARS };
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Draws the chart; afterwards `go` measures it. */
async function draw(kind: string): Promise<void> {
  const element = document.getElementById("chart");
  if (!element) throw new Error("no element");
  const { push, isReady } = kind === "ours" ? ours(element) : builtIn(element);
  while (!isReady()) await later(50);
  await later(2_000);
  Object.assign(window, { go: () => measured(push) });
}

async function measured(push: Push) {
  const before = updates;
  const began = performance.now();
  let [frames, isOver] = [0, false];
  const frame = () => {
    frames += 1;
    if (!isOver) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const timer = setInterval(() => push(next()), EACH_MS);
  await later(SECONDS * 1_000);
  clearInterval(timer);
  isOver = true;
  const seconds = (performance.now() - began) / 1_000;
  const { memory } = performance as unknown as { memory: { usedJSHeapSize: number } };
  return { updates: (updates - before) / seconds, frames: frames / seconds, heap: memory.usedJSHeapSize / 1e6 };
}

Object.assign(window, { draw });
