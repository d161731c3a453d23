/** The left rail: every page that exists. */
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from "@tabler/icons-react";
import { NavLink } from "react-router";
import { PAGES } from "@/app/pages";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { Logo } from "@/shared/Logo";
import styles from "./Rail.module.css";

export function Rail() {
  const { preferences } = useServices();
  const { railOpen } = useStore(preferences.store);
  const Toggle = railOpen ? IconLayoutSidebarLeftCollapse : IconLayoutSidebarLeftExpand;
  return (
    <nav className={styles["rail"]} aria-label="Pages" data-open={railOpen}>
      <div className={styles["brand"]}>
        <Logo />
        {railOpen && <span>Nightdesk</span>}
      </div>
      {PAGES.map(({ path, name, key, icon: Icon }) => (
        <NavLink key={path} to={path} className={styles["item"] ?? ""} title={`${name} (${key})`} aria-label={name}>
          <Icon size={17} stroke={1.6} />
          {railOpen && <span>{name}</span>}
        </NavLink>
      ))}
      <button type="button" className={styles["toggle"]} onClick={() => preferences.change({ railOpen: !railOpen })} aria-label={railOpen ? "Narrow the rail" : "Widen the rail"} title="[">
        <Toggle size={17} stroke={1.6} />
      </button>
    </nav>
  );
}
