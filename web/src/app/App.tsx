/** The whole page: services, theme, address, and the gate of the session. */
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { BrowserRouter } from "react-router";
import { SessionGate } from "@/app/SessionGate";
import { ErrorBoundary } from "@/app/ErrorBoundary";
import { type Services, ServicesProvider } from "@/core/services";
import { cssVariables, theme } from "@/shared/theme";

export function App({ services }: { readonly services: Services }) {
  return (
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="dark">
        <ErrorBoundary>
          <ServicesProvider value={services}>
            <BrowserRouter>
              <SessionGate />
            </BrowserRouter>
          </ServicesProvider>
        </ErrorBoundary>
      </MantineProvider>
    </StrictMode>
  );
}
