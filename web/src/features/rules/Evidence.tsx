/** Every figure that a decision was made by. */
import { Age, Amount } from "@/core/Figures";
import type { Seen } from "@/core/rules_contracts";
import { shortened } from "@/features/rules/words";
import styles from "./rules.module.css";

export function Evidence({ seen }: { readonly seen: readonly Seen[] }) {
  return (
    <div className={styles["wide"]} tabIndex={0} role="region" aria-label="Figures seen">
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th>Seen</th>
            <th className={styles["number"]}>Value</th>
            <th>From</th>
          </tr>
        </thead>
        <tbody>
          {seen.map(({ text, value, source, at }) => (
            <tr key={text}>
              <td title={text} className={styles["expression"]}>
                {shortened(text)}
              </td>
              <td className={styles["number"]}>
                <Amount value={value} />
              </td>
              <td>
                {source} <Age at={at} why="Without a time" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
