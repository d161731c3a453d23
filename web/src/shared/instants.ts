/** Instants as people read them: ages under a day, otherwise date and time in the user's zone. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `12 s`, `3 min`, `5 h`, `2 d`: how long ago an instant was. */
export function ageText(instant: string, nowMs: number): string {
  const age = nowMs - Date.parse(instant);
  if (age < SECOND) return "now";
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h`;
  return `${Math.floor(age / DAY)} d`;
}

export const isOlderThan = (instant: string, ageMs: number, nowMs: number): boolean => nowMs - Date.parse(instant) > ageMs;

/** `1 h 02 min`, `3 min 20 s`, `8 s`: a duration for people. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  formats.set(zone, made);
  return made;
}

/** `2019-10-11 02:00:11` in a zone. */
export function instantText(instant: string, zone: string): string {
  const parts = Object.fromEntries(formatFor(zone).formatToParts(Date.parse(instant)).map(({ type, value }) => [type, value]));
  return `${parts["year"]}-${parts["month"]}-${parts["day"]} ${parts["hour"]}:${parts["minute"]}:${parts["second"]}`;
}

/** The same with its fraction of a second and its zone: nothing is left to guess. */
export function exactInstantText(instant: string, zone: string): string {
  const fraction = /\.\d+/.exec(instant)?.[0] ?? "";
  return `${instantText(instant, zone)}${fraction} ${zone}`;
}

export const isZone = (zone: string): boolean => {
  try {
    formatFor(zone);
    return true;
  } catch {
    return false;
  }
};
