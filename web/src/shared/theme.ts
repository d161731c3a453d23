/** Mantine dressed in the desk's tokens. */
import { createTheme, type CSSVariablesResolver } from "@mantine/core";

/** Mantine's own greys of the dark scheme, from text to ground. */
const GREYS = ["#dde2e9", "#c3cad3", "#949eab", "#77818e", "#3a424d", "#2b313a", "#1a1e25", "#12151a", "#0e1115", "#0b0d10"] as const;

export const theme = createTheme({
  fontFamily: '"Inter Variable", system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: "var(--nd-mono)",
  fontSizes: { xs: "11px", sm: "13px", md: "13px", lg: "15px", xl: "18px" },
  defaultRadius: 3,
  colors: { dark: GREYS },
  cursorType: "pointer",
  focusRing: "auto",
});

const tokens = {
  "--mantine-color-body": "var(--nd-ground)",
  "--mantine-color-text": "var(--nd-text)",
  "--mantine-color-dimmed": "var(--nd-dim)",
  "--mantine-color-placeholder": "var(--nd-dim)",
  "--mantine-color-error": "var(--nd-bad)",
  "--mantine-color-default": "var(--nd-raised)",
  "--mantine-color-default-hover": "var(--nd-hover)",
  "--mantine-color-default-color": "var(--nd-text)",
  "--mantine-color-default-border": "var(--nd-line-strong)",
  "--mantine-primary-color-filled": "var(--nd-accent-fill)",
  "--mantine-color-blue-filled": "var(--nd-accent-fill)",
  "--mantine-color-blue-filled-hover": "var(--nd-accent-fill)",
};

export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: tokens, dark: tokens });
