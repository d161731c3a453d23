/** Which address shows which page. */
import { Suspense } from "react";
import { Link, Navigate, Route, Routes, useLocation, useParams } from "react-router";
import { ErrorBoundary } from "@/app/ErrorBoundary";
import { DatafeedPage, ImportingPage, ImportPage, KeyPage, PAGES, RevokePage, RuleSetPage, ValuationPage } from "@/app/pages";
import { Empty, TableSkeleton } from "@/shared/Panel";

const Nowhere = () => (
  <>
    <h1 className="hidden-text">No such page</h1>
    <Empty title="There is no such page" action={<Link to="/portfolio">Go to the portfolio</Link>}>
      The address may be mistyped, or from an older desk.
    </Empty>
  </>
);

/** Alerts lead to a firing by its own address; its rule's page opens it. */
function FiringLink() {
  const { ruleSetId = "", firingId = "" } = useParams();
  return <Navigate to={`/rules/${ruleSetId}?firing=${encodeURIComponent(firingId)}`} replace />;
}

export function PageRoutes() {
  const { pathname } = useLocation();
  return (
    <ErrorBoundary key={pathname}>
      <Suspense fallback={<TableSkeleton />}>
        <Routes>
          <Route path="/" element={<Navigate to="/portfolio" replace />} />
          {PAGES.map(({ path, element: Element }) => (
            <Route key={path} path={path} element={<Element />} />
          ))}
          <Route path="/accounts/importing" element={<ImportingPage />} />
          <Route path="/accounts/revoke" element={<RevokePage />} />
          <Route path="/accounts/:accountId/key" element={<KeyPage />} />
          <Route path="/accounts/:accountId/import" element={<ImportPage />} />
          <Route path="/portfolio/valuation" element={<ValuationPage />} />
          <Route path="/rules/:ruleSetId" element={<RuleSetPage />} />
          <Route path="/rules/:ruleSetId/firings/:firingId" element={<FiringLink />} />
          <Route path="/settings/datafeed" element={<DatafeedPage />} />
          <Route path="*" element={<Nowhere />} />
        </Routes>
      </Suspense>
    </ErrorBoundary>
  );
}
