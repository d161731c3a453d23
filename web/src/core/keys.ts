/** Keys of accounts, as typed calls and as what pages show. */
import { useCallback, useMemo } from "react";
import * as contracts from "@/core/keys_contracts";
import { useResource } from "@/core/resources";
import { useServices } from "@/core/services";
import type { SessionKeeper } from "@/core/session";

/** Another key of the same account: it leaves the page once and never comes back. */
export interface NewKey {
  readonly key: string;
  readonly secret: string;
  readonly confirmed: boolean;
}

export type RevokeMode = "drill" | "real";

const CARD_EVERY_MS = 10_000;
const USES_SHOWN = "50";

export class Keys {
  readonly #session: SessionKeeper;

  constructor(session: SessionKeeper) {
    this.#session = session;
  }

  card(accountId: string): Promise<contracts.KeyCard> {
    return this.#session.send({ path: pathOf(accountId), answer: contracts.key_card });
  }

  /** Asks the venue what the key may do, by requests that change nothing. */
  test(accountId: string): Promise<contracts.KeyCard> {
    return this.#session.send({ method: "POST", path: `${pathOf(accountId)}/test`, answer: contracts.key_card });
  }

  rotate(accountId: string, key: NewKey): Promise<contracts.KeyCard> {
    return this.#session.send({ method: "PUT", path: pathOf(accountId), body: key, answer: contracts.key_card });
  }

  uses(accountId: string, cursor: string | null): Promise<contracts.KeyUsePage> {
    return this.#session.send({ path: `${pathOf(accountId)}/uses`, query: { cursor, limit: USES_SHOWN }, answer: contracts.key_use_page });
  }

  revokeAll(mode: RevokeMode, confirmation: string): Promise<contracts.Revocation> {
    return this.#session.send({ method: "POST", path: "/keys/revoke-all", body: { mode, confirmation }, answer: contracts.revocation });
  }

  drills(): Promise<readonly contracts.KeyDrill[]> {
    return this.#session.send({ path: "/keys/drills", answer: contracts.key_drills }).then(({ items }) => items);
  }
}

/** Made where it is used, so that other pages need not load it. */
export function useKeysDesk(): Keys {
  const { session } = useServices();
  return useMemo(() => new Keys(session), [session]);
}

export function useKeyCard(accountId: string) {
  const keys = useKeysDesk();
  const { resources } = useServices();
  const load = useCallback(() => keys.card(accountId), [keys, accountId]);
  return useResource(resources, `key/${accountId}`, load, CARD_EVERY_MS);
}

export function useKeyDrills() {
  const keys = useKeysDesk();
  const { resources } = useServices();
  const load = useCallback(() => keys.drills(), [keys]);
  return useResource(resources, "key-drills", load);
}

const pathOf = (accountId: string): string => `/accounts/${encodeURIComponent(accountId)}/key`;
