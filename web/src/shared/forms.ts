/** What was typed into a form. */

/** The text of a named field, without spaces around it; empty when there is none. */
export function fieldText(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value.trim() : "";
}
