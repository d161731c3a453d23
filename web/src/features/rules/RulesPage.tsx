/** Rules: what watches the market, what fired, and strategies from templates. */
import { useSearchParams } from "react-router";
import { usePageTitle } from "@/core/queries";
import { FiringList } from "@/features/rules/FiringList";
import { NewRule, RuleSetList } from "@/features/rules/RuleSetList";
import { Strategies } from "@/features/rules/Strategies";
import { Panel } from "@/shared/Panel";
import styles from "./rules.module.css";

const VIEWS = [
  { view: "rules", name: "Rules" },
  { view: "firings", name: "Firings" },
  { view: "strategies", name: "Strategies" },
];

export default function RulesPage() {
  usePageTitle("Rules");
  const [search, setSearch] = useSearchParams();
  const view = search.get("view") ?? "rules";
  const tabs = (
    <div className={styles["tabs"]} role="tablist" aria-label="Which part">
      {VIEWS.map((each) => (
        <button key={each.view} type="button" role="tab" aria-selected={view === each.view} onClick={() => setSearch(each.view === "rules" ? {} : { view: each.view })}>
          {each.name}
        </button>
      ))}
    </div>
  );
  return (
    <>
      <h1 className="hidden-text">Rules</h1>
      <Panel title={tabs} actions={<NewRule />} grow>
        {view === "rules" && <RuleSetList />}
        {view === "firings" && (
          <div className={styles["scroll"]}>
            <FiringList />
          </div>
        )}
        {view === "strategies" && <Strategies />}
      </Panel>
    </>
  );
}
