/** Keys that work anywhere on the page, except where one is typing. */

const TYPING = "input, textarea, select, [contenteditable='true']";

/** Whether a key press belongs to what is focused, not to the page. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest(TYPING) !== null;
}

const SEQUENCE_MS = 1_200;

/**
 * Listens for single keys (`m`) and sequences (`g p`) and returns what stops it.
 * Keys with Ctrl, Alt or Meta are left alone; nothing fires while a dialog is open or one is typing.
 */
export function listenForKeys(keys: Readonly<Record<string, () => void>>, isBlocked: () => boolean): () => void {
  let before = { key: "", atMs: 0 };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.repeat) return;
    if (isTyping(event) || isBlocked()) return;
    const sequence = event.timeStamp - before.atMs < SEQUENCE_MS ? `${before.key} ${event.key}` : event.key;
    before = { key: event.key, atMs: event.timeStamp };
    const run = keys[sequence] ?? keys[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
