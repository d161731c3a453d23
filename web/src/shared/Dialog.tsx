/** Dialogs as the desk opens them: at once, named, and giving focus back. */
import { Drawer, Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface DialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly size: number;
  readonly children: ReactNode;
}

/** Opens without a movement; its header is no landmark of the page. */
const COMMON = {
  transitionProps: { duration: 0 },
  closeButtonProps: { "aria-label": "Close" },
  attributes: { header: { role: "presentation" } },
} as const;

export const Dialog = ({ children, ...props }: DialogProps) => (
  <Modal {...COMMON} {...props}>
    {children}
  </Modal>
);

export const SideDialog = ({ children, ...props }: DialogProps) => (
  <Drawer {...COMMON} {...props} position="right" overlayProps={{ backgroundOpacity: 0.3 }}>
    {children}
  </Drawer>
);

/** A dialog without a header of its own; `title` is only read out. */
export const BareDialog = ({ children, title, ...props }: DialogProps) => (
  <Modal {...props} transitionProps={{ duration: 0 }} withCloseButton={false} padding={0} yOffset="12vh" attributes={{ content: { "aria-label": title } }}>
    {children}
  </Modal>
);
