/** Every page there is: its address, name, key and icon. Rail, palette and key list read this. */
import { IconBook2, IconChartCandle, IconChartPie, IconGauge, IconListNumbers, IconPlugConnected, IconSettings } from "@tabler/icons-react";
import { type ComponentType, lazy } from "react";

export interface Page {
  readonly path: string;
  readonly name: string;
  readonly key: string;
  /** Whether the phone's bar shows it; the palette reaches every page. */
  readonly isNear?: boolean;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly element: ComponentType;
}

export const PAGES: readonly Page[] = [
  { path: "/portfolio", name: "Portfolio", key: "g p", isNear: true, icon: IconChartPie, element: lazy(() => import("@/features/portfolio/PortfolioPage")) },
  { path: "/markets", name: "Markets", key: "g m", isNear: true, icon: IconListNumbers, element: lazy(() => import("@/features/markets/MarketsPage")) },
  { path: "/chart", name: "Chart", key: "g c", isNear: true, icon: IconChartCandle, element: lazy(() => import("@/features/chart/ChartPage")) },
  { path: "/ledger", name: "Ledger", key: "g l", isNear: true, icon: IconBook2, element: lazy(() => import("@/features/ledger/LedgerPage")) },
  { path: "/accounts", name: "Accounts", key: "g a", icon: IconPlugConnected, element: lazy(() => import("@/features/accounts/AccountsPage")) },
  { path: "/budgets", name: "Budgets", key: "g b", icon: IconGauge, element: lazy(() => import("@/features/budgets/BudgetsPage")) },
  { path: "/settings", name: "Settings", key: "g s", icon: IconSettings, element: lazy(() => import("@/features/settings/SettingsPage")) },
];

export const ImportPage = lazy(() => import("@/features/accounts/ImportPage"));
