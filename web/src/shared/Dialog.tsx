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

/** As good as no movement: with none at all the dialog takes the focus before it saw where to give it back. */
const transitionProps = { duration: 1 };

/** Its header is no landmark of the page. */
const COMMON = {
  transitionProps,
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
  <Modal {...props} transitionProps={transitionProps} withCloseButton={false} padding={0} yOffset="12vh" attributes={{ content: { "aria-label": title } }}>
    {children}
  </Modal>
);
