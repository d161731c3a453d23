/** What can be done with a row: a button that opens a list over the page. The browser closes it (Escape, a click elsewhere). */
import { IconDots } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";
import styles from "./RowMenu.module.css";

interface Place {
  readonly top: number;
  readonly right: number;
}

/** Under the button, its right edge below the button's. */
const under = (button: Element): Place => {
  const { bottom, right } = button.getBoundingClientRect();
  return { top: bottom + 4, right: window.innerWidth - right };
};

export function RowMenu({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  const id = useId();
  const [place, setPlace] = useState<Place>({ top: 0, right: 0 });
  return (
    <>
      <button type="button" className={styles["button"]} aria-label={label} popoverTarget={id} onClick={(event) => setPlace(under(event.currentTarget))}>
        <IconDots size={14} aria-hidden="true" />
      </button>
      <div
        id={id}
        popover="auto"
        className={styles["menu"]}
        style={place}
        onClick={({ currentTarget }) => {
          if (currentTarget.matches(":popover-open")) currentTarget.hidePopover();
        }}
      >
        {children}
      </div>
    </>
  );
}
