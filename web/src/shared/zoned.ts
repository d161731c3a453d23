/** Wall-clock times of a zone to instants and back, right across changes of the clock. */
import { Temporal } from "temporal-polyfill";

/** The instant (RFC 3339, UTC) of a local `YYYY-MM-DDTHH:mm` in a zone, or null when it is no such time. */
export function instantOf(local: string, zone: string): string | null {
  try {
    return Temporal.PlainDateTime.from(local).toZonedDateTime(zone).toInstant().toString();
  } catch {
    return null;
  }
}

/** The local `YYYY-MM-DDTHH:mm` of an instant in a zone; empty when it is no instant. */
export function localOf(instant: string, zone: string): string {
  try {
    return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime().toString({ smallestUnit: "minute" });
  } catch {
    return "";
  }
}
