/** Figures as cells of a table: the same drawings as elsewhere, in plain DOM, because they change many times a second. */
import type { ICellRendererComp, ICellRendererParams } from "ag-grid-community";
import type { Display } from "@/core/display";
import type { Drawing } from "@/core/drawings";
import { ageText, exactInstantText } from "@/shared/instants";
import styles from "./Figures.module.css";

/** What cells of a table know beyond their row; the table changes it and refreshes its cells. */
export class CellDisplay {
  current: Display;

  constructor(display: Display) {
    this.current = display;
  }

  change(display: Display): void {
    this.current = display;
  }
}

type Draw<Row> = (row: Row, display: Display) => Drawing | null;

const classOf = (drawing: Drawing): string => {
  if (drawing.kind === "mask") return styles["mask"] ?? "";
  if (drawing.kind === "unknown") return styles["unknown"] ?? "";
  if (drawing.kind === "text") return styles["age"] ?? "";
  const tone = drawing.tone === 1 ? styles["up"] : drawing.tone === -1 ? styles["down"] : "";
  return `${styles["figure"]} ${tone}`;
};

const textOf = (drawing: Drawing): string => {
  if (drawing.kind === "mask") return "•••••";
  if (drawing.kind === "unknown") return "—";
  if (drawing.kind === "text") return drawing.text;
  return drawing.figure.sign + drawing.figure.whole + drawing.figure.fraction;
};

const titleOf = (drawing: Drawing): string => (drawing.kind === "unknown" ? drawing.why : drawing.kind === "mask" ? "" : (drawing.title ?? ""));

/** Everything that is written into a cell. */
const writtenOf = (drawing: Drawing) => {
  const figure = drawing.kind === "figure" ? drawing.figure : null;
  return {
    className: classOf(drawing),
    title: titleOf(drawing),
    text: textOf(drawing),
    zeros: figure?.zeros ?? "",
    padding: figure?.padding ?? 0,
    unit: drawing.kind === "figure" && drawing.unit ? ` ${drawing.unit}` : "",
    isMasked: drawing.kind === "mask",
  };
};

/** One cell's DOM, made once and changed in place, only where it differs: what is written again is laid out again. */
export class FigureElement {
  readonly element = document.createElement("span");
  readonly #text = document.createTextNode("");
  readonly #zeros = document.createElement("span");
  readonly #padding = document.createElement("span");
  readonly #unit = document.createElement("span");
  #written: ReturnType<typeof writtenOf> = { className: "", title: "", text: "", zeros: "", padding: 0, unit: "", isMasked: false };

  constructor() {
    this.#zeros.className = styles["zeros"] ?? "";
    this.#padding.className = styles["padding"] ?? "";
    this.#padding.hidden = true;
    this.#unit.className = styles["unit"] ?? "";
    this.element.append(this.#text, this.#zeros, this.#padding, this.#unit);
  }

  draw(drawing: Drawing | null): void {
    const { element } = this;
    if (element.hidden !== (drawing === null)) element.hidden = drawing === null;
    if (drawing === null) return;
    const [before, now] = [this.#written, writtenOf(drawing)];
    this.#written = now;
    if (now.className !== before.className) element.className = now.className;
    if (now.title !== before.title) element.title = now.title;
    if (now.isMasked !== before.isMasked) element.toggleAttribute("data-masked", now.isMasked);
    if (now.text !== before.text) this.#text.data = now.text;
    if (now.zeros !== before.zeros) this.#zeros.textContent = now.zeros;
    if (now.unit !== before.unit) this.#unit.textContent = now.unit;
    if (now.padding !== before.padding) this.#pad(now.padding);
  }

  #pad(characters: number): void {
    this.#padding.style.width = characters ? `${characters}ch` : "";
    this.#padding.hidden = !characters;
  }
}

/** A cell renderer that draws a figure of the row. The table's context is its CellDisplay. */
export function figureCell<Row>(draw: Draw<Row>) {
  return class implements ICellRendererComp<Row> {
    readonly #figure = new FigureElement();

    init(params: ICellRendererParams<Row>): void {
      this.refresh(params);
    }

    getGui(): HTMLElement {
      return this.#figure.element;
    }

    refresh({ data, context }: ICellRendererParams<Row>): boolean {
      this.#figure.draw(data === undefined ? null : draw(data, (context as CellDisplay).current));
      return true;
    }
  };
}

/** How long ago something was, for cells: the table refreshes them every second. */
export function ageDrawing({ zone }: Display, at: string | null, why = "Never"): Drawing {
  if (at === null) return { kind: "unknown", why };
  return { kind: "text", text: ageText(at, Date.now()), title: exactInstantText(at, zone) };
}
