/** How figures are shown: masked or not, in which currency, zone and locale. */
import { createContext, type ReactNode, use, useMemo } from "react";
import { divide } from "@/shared/arithmetic";
import { type Decimal, sign } from "@/shared/decimals";
import { isZone } from "@/shared/instants";
import { usePortfolio, useUser } from "@/core/queries";
import { valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { useStore } from "@/core/stores";

export interface Display {
  readonly masked: boolean;
  readonly locale: string;
  readonly zone: string;
  /** The currency that values are shown in. */
  readonly asset: string;
  /** Currencies one can choose. */
  readonly choices: readonly string[];
  /** A value of the portfolio's base currency in the shown one, or null when there is no rate. */
  readonly convert: (value: Decimal | null) => Decimal | null;
}

const DisplayContext = createContext<Display | null>(null);

export const DisplayValue = DisplayContext.Provider;

interface Rates {
  readonly base: string;
  readonly rates: Readonly<Record<string, Decimal | null>>;
}

/** The currency to show: the wished one where a rate is known, otherwise the base. */
export function displayOf(wished: string, { base, rates }: Rates): Pick<Display, "asset" | "choices" | "convert"> {
  const usable = Object.entries(rates).filter(([, rate]) => rate !== null && sign(rate) > 0);
  const choices = [...new Set([base, ...usable.map(([asset]) => asset)])];
  const rate = rates[wished];
  if (wished === base || !rate || sign(rate) <= 0) return { asset: base, choices, convert: (value) => value };
  return { asset: wished, choices, convert: (value) => (value === null ? null : divide(value, rate)) };
}

/**
 * Rates as far as they matter here, as a text that changes only when they do: rates move with every price, but which
 * currencies can be chosen does not, and nobody looks at a rate that is not the wished one.
 */
function usedRates(wished: string, rates: Rates["rates"]): string {
  const known = Object.entries(rates).map(([asset, rate]) => [asset, asset === wished || rate === null || sign(rate) <= 0 ? rate : "1"]);
  return JSON.stringify(Object.fromEntries(known));
}

export function DisplayProvider({ children }: { readonly children: ReactNode }) {
  const { preferences } = useServices();
  const { masked } = useStore(preferences.store);
  const user = useUser();
  const portfolio = valueOf(usePortfolio().resource);
  const base = portfolio?.base_asset ?? user.base_asset;
  const used = usedRates(user.display_asset, portfolio?.rates ?? {});
  const display = useMemo<Display>(
    () => ({
      masked,
      locale: navigator.language,
      zone: isZone(user.time_zone) ? user.time_zone : "UTC",
      ...displayOf(user.display_asset, { base, rates: JSON.parse(used) as Rates["rates"] }),
    }),
    [masked, user.time_zone, user.display_asset, base, used],
  );
  return <DisplayContext value={display}>{children}</DisplayContext>;
}

export function useDisplay(): Display {
  const display = use(DisplayContext);
  if (!display) throw new Error("useDisplay outside its provider");
  return display;
}
