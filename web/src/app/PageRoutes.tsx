/** Which address shows which page. */
import { Suspense } from "react";
import { Link, Navigate, Route, Routes, useLocation } from "react-router";
import { ErrorBoundary } from "@/app/ErrorBoundary";
import { ImportPage, PAGES } from "@/app/pages";
import { Empty, TableSkeleton } from "@/shared/Panel";

const Nowhere = () => (
  <>
    <h1 className="hidden-text">No such page</h1>
    <Empty title="There is no such page" action={<Link to="/portfolio">Go to the portfolio</Link>}>
      The address may be mistyped, or from an older desk.
    </Empty>
  </>
);

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
          <Route path="/accounts/:accountId/import" element={<ImportPage />} />
          <Route path="*" element={<Nowhere />} />
        </Routes>
      </Suspense>
    </ErrorBoundary>
  );
}
