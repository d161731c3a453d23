/** Every key there is. */
import { Kbd } from "@mantine/core";
import type { Action } from "@/app/actions";
import { Dialog } from "@/shared/Dialog";
import styles from "./KeyList.module.css";

interface KeyListProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly actions: readonly Action[];
}

export const Keys = ({ keys }: { readonly keys: string }) => (
  <span className={styles["keys"]}>
    {keys.split(" ").map((key) => (
      <Kbd key={key} size="xs">
        {key}
      </Kbd>
    ))}
  </span>
);

export function KeyList({ opened, onClose, actions }: KeyListProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Keys" size={420}>
      <dl className={styles["list"]}>
        {actions.map(({ id, name, key }) =>
          key ? (
            <div key={id}>
              <dt>{name}</dt>
              <dd>
                <Keys keys={key} />
              </dd>
            </div>
          ) : null,
        )}
        <div>
          <dt>Close a dialog</dt>
          <dd>
            <Keys keys="Esc" />
          </dd>
        </div>
      </dl>
    </Dialog>
  );
}
