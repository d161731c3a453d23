/** Venues as they write themselves. */
const NAMES: Readonly<Record<string, string>> = { htx: "HTX" };

export const venueName = (venue: string): string => NAMES[venue] ?? venue.charAt(0).toUpperCase() + venue.slice(1);
