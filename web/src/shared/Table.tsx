/** Tables as the desk draws them: figures to the right, and each row a card on a phone. */
import type { ReactNode } from "react";
import styles from "./Table.module.css";

/** Its name, whether it holds figures, and whether its name is only read out. */
export type Column = readonly [name: string, isNumber: boolean, isHidden?: boolean];

interface TableProps {
  readonly columns: readonly Column[];
  readonly label?: string;
  readonly className?: string | undefined;
  /** Its head stays in view while its rows scroll. */
  readonly isLong?: boolean;
  readonly isStale?: boolean;
  readonly children: ReactNode;
}

function Head({ column: [name, isNumber, isHidden = false] }: { readonly column: Column }) {
  return (
    <th scope="col" className={isNumber ? styles["number"] : undefined}>
      {isHidden ? <span className="hidden-text">{name}</span> : name}
    </th>
  );
}

export const Table = ({ columns, label, className = "", isLong = false, isStale = false, children }: TableProps) => (
  <div className={`${isLong ? styles["long"] : styles["scroll"]} ${isStale ? "quiet" : ""}`}>
    <table className={`${styles["table"]} ${className}`} aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <Head key={column[0]} column={column} />
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
