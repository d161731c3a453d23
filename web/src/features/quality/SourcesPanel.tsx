/** Sources of reference data with their ages. */
import { Age, Count } from "@/core/Figures";
import { SOURCES_EVERY_MS, useSources } from "@/core/reference";
import type { Source } from "@/core/reference_contracts";
import { AskedPanel } from "@/features/quality/parts";
import { sourceText } from "@/features/quality/words";
import { Mark } from "@/shared/Mark";
import { Empty } from "@/shared/Panel";
import styles from "./quality.module.css";

function SourceLine({ source }: { readonly source: Source }) {
  const isBad = source.failure_code !== null;
  const isLacking = source.failure_code === "caps.not_in_plan";
  return (
    <li data-testid="source" data-failed={isBad}>
      <strong>{sourceText(source.source)}</strong>
      <Mark tone={isLacking ? "plain" : isBad ? "bad" : "good"} title={source.failure_code ?? "It answered when it was asked last"}>
        {isLacking ? "not in the plan" : isBad ? source.failure_code : "answers"}
      </Mark>
      <span className={styles["dim"]}>
        <Count value={source.items} /> rows, made <Age at={source.made_at} />, asked <Age at={source.asked_at} />
        {source.credits_month !== null && (
          <>
            , <Count value={source.credits_month} /> credits this month
          </>
        )}
      </span>
    </li>
  );
}

export function SourcesPanel() {
  const asked = useSources();
  return (
    <AskedPanel title="Sources" testId="quality-sources" resourceKey="reference-sources" everyMs={SOURCES_EVERY_MS} asked={asked}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No source was asked yet">Rates and sizes are asked for every hour.</Empty>
        ) : (
          <ul className={styles["list"]}>
            {items.map((source) => (
              <SourceLine key={source.source} source={source} />
            ))}
          </ul>
        )
      }
    </AskedPanel>
  );
}
