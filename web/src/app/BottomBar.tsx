/** The phone's bar: the nearest pages, and the palette for all others, within a thumb's reach. */
import { IconCommand } from "@tabler/icons-react";
import { NavLink } from "react-router";
import { PAGES } from "@/app/pages";
import styles from "./BottomBar.module.css";

export function BottomBar({ onPalette }: { readonly onPalette: () => void }) {
  return (
    <nav className={styles["bar"]} aria-label="Pages">
      {PAGES.filter(({ isNear }) => isNear).map(({ path, name, icon: Icon }) => (
        <NavLink key={path} to={path} className={styles["item"] ?? ""}>
          <Icon size={20} stroke={1.6} />
          {name}
        </NavLink>
      ))}
      <button type="button" className={styles["item"]} onClick={onPalette}>
        <IconCommand size={20} stroke={1.6} />
        Find
      </button>
    </nav>
  );
}
