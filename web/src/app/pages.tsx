/** Every page there is: its address, name, key and icon. Rail, palette and key list read this. */
import { IconBook2, IconChartPie, IconPlugConnected, IconSettings } from "@tabler/icons-react";
import { type ComponentType, lazy } from "react";

export interface Page {
  readonly path: string;
  readonly name: string;
  readonly key: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly element: ComponentType;
}

export const PAGES: readonly Page[] = [
  { path: "/portfolio", name: "Portfolio", key: "g p", icon: IconChartPie, element: lazy(() => import("@/features/portfolio/PortfolioPage")) },
  { path: "/ledger", name: "Ledger", key: "g l", icon: IconBook2, element: lazy(() => import("@/features/ledger/LedgerPage")) },
  { path: "/accounts", name: "Accounts", key: "g a", icon: IconPlugConnected, element: lazy(() => import("@/features/accounts/AccountsPage")) },
  { path: "/settings", name: "Settings", key: "g s", icon: IconSettings, element: lazy(() => import("@/features/settings/SettingsPage")) },
];

export const ImportPage = lazy(() => import("@/features/accounts/ImportPage"));
