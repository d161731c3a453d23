/** Every page there is: its address, name, key and icon. Rail, palette and key list read this. */
import { IconArrowsExchange, IconBell, IconBinaryTree, IconBook2, IconChartCandle, IconChartPie, IconFileImport, IconGauge, IconInbox, IconListNumbers, IconPlugConnected, IconScale, IconSettings, IconShieldCheck, IconTelescope } from "@tabler/icons-react";
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
  { path: "/potential", name: "Potential", key: "g h", icon: IconTelescope, element: lazy(() => import("@/features/markets/PotentialPage")) },
  { path: "/chart", name: "Chart", key: "g c", isNear: true, icon: IconChartCandle, element: lazy(() => import("@/features/chart/ChartPage")) },
  { path: "/orders", name: "Orders", key: "g o", icon: IconArrowsExchange, element: lazy(() => import("@/features/orders/OrdersPage")) },
  { path: "/rules", name: "Rules", key: "g r", icon: IconBinaryTree, element: lazy(() => import("@/features/rules/RulesPage")) },
  { path: "/alerts", name: "Alerts", key: "g t", isNear: true, icon: IconBell, element: lazy(() => import("@/features/alerts/AlertsPage")) },
  { path: "/ledger", name: "Ledger", key: "g l", icon: IconBook2, element: lazy(() => import("@/features/ledger/LedgerPage")) },
  { path: "/inbox", name: "Inbox", key: "g i", icon: IconInbox, element: lazy(() => import("@/features/inbox/InboxPage")) },
  { path: "/reconciliation", name: "Reconciliation", key: "g e", icon: IconScale, element: lazy(() => import("@/features/reconciliation/ReconciliationPage")) },
  { path: "/accounts", name: "Accounts", key: "g a", icon: IconPlugConnected, element: lazy(() => import("@/features/accounts/AccountsPage")) },
  { path: "/files", name: "Files", key: "g f", icon: IconFileImport, element: lazy(() => import("@/features/files/FilesPage")) },
  { path: "/budgets", name: "Budgets", key: "g b", icon: IconGauge, element: lazy(() => import("@/features/budgets/BudgetsPage")) },
  { path: "/quality", name: "Data quality", key: "g q", icon: IconShieldCheck, element: lazy(() => import("@/features/quality/QualityPage")) },
  { path: "/settings", name: "Settings", key: "g s", icon: IconSettings, element: lazy(() => import("@/features/settings/SettingsPage")) },
];

export const ImportingPage = lazy(() => import("@/features/accounts/ImportingPage"));
export const KeyPage = lazy(() => import("@/features/accounts/KeyPage"));
export const RevokePage = lazy(() => import("@/features/accounts/RevokePage"));
export const ImportPage = lazy(() => import("@/features/accounts/ImportPage"));
export const ValuationPage = lazy(() => import("@/features/portfolio/ValuationPage"));
export const DatafeedPage = lazy(() => import("@/features/settings/DatafeedPage"));
export const RuleSetPage = lazy(() => import("@/features/rules/RuleSetPage"));
