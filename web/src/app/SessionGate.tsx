/** Shows the desk to who is signed in, and the door to everybody else. */
import { lazy, Suspense, useEffect, useRef } from "react";
import { AbilityProvider } from "@casl/react";
import { Frame } from "@/app/Frame";
import { FrameSkeleton } from "@/app/FrameSkeleton";
import { DisplayProvider } from "@/core/display";
import { LiveFeed } from "@/app/LiveFeed";
import { permissionsOf } from "@/core/permissions";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";
import { Failure } from "@/shared/Panel";
import { Logo } from "@/shared/Logo";
import styles from "./Frame.module.css";
import type { User } from "@/core/contracts";

const SignInPage = lazy(() => import("@/features/session/SignInPage"));

function SignedIn({ user }: { readonly user: User }) {
  return (
    <AbilityProvider value={permissionsOf(user.permissions)}>
      <DisplayProvider>
        <LiveFeed />
        <Frame />
      </DisplayProvider>
    </AbilityProvider>
  );
}

export function SessionGate() {
  const { session, resources, imports, portfolios, tickers, feeds } = useServices();
  const state = useStore(session.state);
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    void session.start();
  }, [session]);
  const isOut = state.kind === "signed_out";
  useEffect(() => {
    if (isOut) for (const kept of [resources, imports, portfolios, tickers, feeds]) kept.clear();
  }, [isOut, resources, imports, portfolios, tickers, feeds]);
  if (state.kind === "signed_in") return <SignedIn key={state.user.user_id} user={state.user} />;
  if (state.kind === "starting") return <FrameSkeleton />;
  if (state.kind === "unreachable") {
    return (
      <main className={styles["away"]}>
        <Logo size={26} />
        <h1>Nightdesk is not there</h1>
        <Failure fault={state.problem} title="The desk does not answer" onRetry={() => void session.start()} />
      </main>
    );
  }
  return (
    <Suspense fallback={null}>
      <SignInPage reason={state.reason} />
    </Suspense>
  );
}
