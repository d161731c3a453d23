/** What a thief could do now with the key of an account: tried out, not just told. */
import { useAbility } from "@casl/react";
import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Link, useParams } from "react-router";
import { Age, Count, Instant, Value } from "@/core/Figures";
import { useKeyCard, useKeysDesk } from "@/core/keys";
import type { KeyCard, KeyRight } from "@/core/keys_contracts";
import type { Permissions } from "@/core/permissions";
import { problemOf } from "@/core/problems";
import { usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { useServices } from "@/core/services";
import { RotateDialog } from "@/features/accounts/RotateDialog";
import { UsesPanel } from "@/features/accounts/UsesPanel";
import { judged, RIGHT_WORDS, threats, tried, wrapperText } from "@/features/accounts/keyWords";
import { venueName } from "@/features/accounts/words";
import { Mark } from "@/shared/Mark";
import { Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import styles from "./keys.module.css";

function Right({ right }: { readonly right: KeyRight }) {
  const { word, tone } = judged(right);
  return (
    <tr data-testid="key-right" data-right={right.right}>
      <th scope="row">{RIGHT_WORDS[right.right]}</th>
      <td>
        <Mark tone={tone}>{word}</Mark>
        {right.contradicted && <Mark tone="bad">the venue says otherwise</Mark>}
      </td>
      <td className={styles["tried"]}>{tried(right)}</td>
    </tr>
  );
}

function Pair({ name, children, testId }: { readonly name: string; readonly children: ReactNode; readonly testId?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{children}</dd>
    </div>
  );
}

function Stake({ card: { stake } }: { readonly card: KeyCard }) {
  return (
    <>
      <dl className={styles["figures"]}>
        <Pair name="Could be taken out" testId="stake-withdrawable">
          <Value value={stake.withdrawable.amount} />
        </Pair>
        <Pair name="Could be traded away" testId="stake-tradable">
          <Value value={stake.tradable.amount} />
        </Pair>
        <Pair name="Could be seen" testId="stake-seen">
          <Value value={stake.seen.amount} />
        </Pair>
      </dl>
      <p className={styles["hint"]}>
        {stake.reported_at ? <Age at={stake.reported_at} prefix="By balances reported " /> : "No balance was reported yet"}
        {stake.unpriced.length > 0 && `; without ${stake.unpriced.join(", ")}, which have no price`}
      </p>
    </>
  );
}

function Kept({ card: { stored, last_used_at, tested_at, addresses, ip_bound } }: { readonly card: KeyCard }) {
  return (
    <dl className={styles["figures"]}>
      <Pair name="Addresses">{ip_bound === null ? "The venue does not say" : ip_bound ? addresses.join(", ") || "Listed at the venue" : "Any"}</Pair>
      <Pair name="Tried out">
        <Age at={tested_at} why="Not yet" />
      </Pair>
      <Pair name="Last used">
        <Age at={last_used_at} why="Not yet" />
      </Pair>
      {stored && (
        <>
          <Pair name={stored.destroyed_at ? "Destroyed" : "Sealed"}>
            <Instant at={stored.destroyed_at ?? stored.sealed_at} />
          </Pair>
          <Pair name="Cipher">{stored.cipher}</Pair>
          <Pair name="Wrapped by">
            <code className={styles["id"]} title={stored.key_source}>
              {wrapperText(stored.key_source)}
            </code>
          </Pair>
          <Pair name="Changed">
            <Count value={stored.rotations} /> {stored.rotations === 1 ? "time" : "times"}
          </Pair>
        </>
      )}
    </dl>
  );
}

function Card({ card, isStale }: { readonly card: KeyCard; readonly isStale: boolean }) {
  return (
    <div className={`${styles["card"]} ${isStale ? "quiet" : ""}`} data-testid="key-card">
      <section aria-label="What a thief could do now">
        <h3>A thief who has this key could now</h3>
        <ul className={styles["threats"]} data-testid="key-threats">
          {threats(card).map((threat) => (
            <li key={threat}>{threat}</li>
          ))}
        </ul>
        <Stake card={card} />
      </section>
      <section aria-label="Rights">
        <h3>Rights, tried out</h3>
        <table className={styles["rights"]}>
          <thead className="hidden-text">
            <tr>
              <th>Right</th>
              <th>Has it</th>
              <th>How that is known</th>
            </tr>
          </thead>
          <tbody>
            {card.rights.map((right) => (
              <Right key={right.right} right={right} />
            ))}
          </tbody>
        </table>
        <Kept card={card} />
        {card.delete_at && (
          <p className={styles["hint"]}>
            If it leaked: delete it at <a href={card.delete_at.url}>{venueName(card.venue)}</a> ({card.delete_at.path}), then put in another.
          </p>
        )}
      </section>
    </div>
  );
}

function useTest(accountId: string) {
  const keys = useKeysDesk();
  const { resources, notices } = useServices();
  const [isBusy, setBusy] = useState(false);
  const test = () => {
    setBusy(true);
    keys
      .test(accountId)
      .then(() => notices.say("The key was tried out."))
      .catch((thrown: unknown) => notices.say(`${problemOf(thrown).detail} (${problemOf(thrown).code})`, "failed"))
      .finally(() => {
        setBusy(false);
        for (const prefix of [`key/${accountId}`, "accounts"]) resources.refresh(prefix);
      });
  };
  return { test, isBusy };
}

export default function KeyPage() {
  const { accountId = "" } = useParams();
  const { resource, reload } = useKeyCard(accountId);
  const permissions = useAbility<Permissions>();
  const [isRotating, setRotating] = useState(false);
  const { test, isBusy } = useTest(accountId);
  const card = valueOf(resource);
  const problem = problemIn(resource);
  const again = () => void reload();
  const title = card ? `Key ${card.key_hint ? `…${card.key_hint} ` : ""}of ${card.label}` : "Key";
  usePageTitle(title);
  const actions = card && (
    <>
      <Link to="/accounts">All accounts</Link>
      {permissions.can("refresh", "Account") && (
        <Button size="compact-xs" variant="default" onClick={test} loading={isBusy}>
          Test it now
        </Button>
      )}
      {permissions.can("create", "Account") && (
        <Button size="compact-xs" onClick={() => setRotating(true)}>
          Put in another key
        </Button>
      )}
    </>
  );
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">{title}</h1>
      <Panel title={title} actions={actions}>
        {card && problem && <StaleNote fault={problem} age={null} onRetry={again} />}
        {!card && (problem ? <Failure fault={problem} title="The key's card could not be shown" onRetry={again} /> : <TableSkeleton rows={6} columns={4} />)}
        {card && <Card card={card} isStale={problem !== null} />}
      </Panel>
      {card && <UsesPanel accountId={accountId} uses={card.uses} isStale={problem !== null} />}
      <RotateDialog account={isRotating && card ? card : null} onClose={() => setRotating(false)} />
    </div>
  );
}
