/** Resolutions as charting libraries write them (`60`, `1D`) and as the desk does (`1h`, `1d`). */

/** Throws a RangeError for what is no resolution. */
export function deskResolution(text: string): string {
  const [, count = "", unit = ""] = /^([1-9]\d{0,4})?([DWM]?)$/.exec(text) ?? [];
  if (count === "" && unit === "") throw new RangeError(`${text} is no resolution.`);
  const number = Number(count || "1");
  if (unit !== "") return `${number}${unit === "M" ? "M" : unit.toLowerCase()}`;
  return number % 60 === 0 ? `${number / 60}h` : `${number}m`;
}

export function libraryResolution(resolution: string): string {
  const [, count = "", unit = ""] = /^(\d+)([mhdwM])$/.exec(resolution) ?? [];
  if (unit === "m") return count;
  if (unit === "h") return `${Number(count) * 60}`;
  return `${count}${unit.toUpperCase()}`;
}
