/** The tokens by which charting libraries read the desk's datafeed: make, see when each was used, revoke. */
import { useAbility } from "@casl/react";
import { Button } from "@mantine/core";
import { useState } from "react";
import { FEED_TOKENS_KEY, type FeedToken, type MadeFeedToken, useFeedTokens } from "@/core/feed_tokens";
import { Age, Instant } from "@/core/Figures";
import { AnsweredAge } from "@/core/Freshness";
import type { Permissions } from "@/core/permissions";
import { usePageTitle } from "@/core/queries";
import { problemIn, valueOf } from "@/core/resources";
import { MadeToken, MakeToken } from "@/features/settings/MakeToken";
import { RevokeTokenDialog } from "@/features/settings/RevokeTokenDialog";
import { Mark } from "@/shared/Mark";
import { Empty, Failure, Panel, StaleNote, TableSkeleton } from "@/shared/Panel";
import { type Column, Table } from "@/shared/Table";
import styles from "./datafeed.module.css";

const COLUMNS = [
  ["Name", false],
  ["May", false],
  ["Made", false],
  ["Last used", false],
  ["Revoke", false, true],
] as const satisfies readonly Column[];
const SCOPE = "Bars, quotes, and your trades and firings as marks. It opens nothing else of the desk, and changes nothing.";

interface RowProps {
  readonly token: FeedToken;
  readonly onRevoke: (() => void) | null;
}

function Row({ token, onRevoke }: RowProps) {
  return (
    <tr data-testid="feed-token">
      <th scope="row">{token.name}</th>
      <td data-label="May">
        <Mark title={SCOPE}>read the datafeed</Mark>
      </td>
      <td data-label="Made">
        <Instant at={token.created_at} />
      </td>
      <td data-label="Last used">
        {token.last_used_at === null ? (
          <span className={styles["dim"]}>never</span>
        ) : (
          <span className={styles["dim"]} title="Noted once a minute at most">
            <Age at={token.last_used_at} /> ago
          </span>
        )}
      </td>
      <td className={styles["last"]}>
        {onRevoke && (
          <Button size="compact-xs" variant="subtle" color="red" onClick={onRevoke} aria-label={`Revoke ${token.name}`}>
            Revoke
          </Button>
        )}
      </td>
    </tr>
  );
}

interface TokensProps {
  readonly tokens: readonly FeedToken[];
  readonly isStale: boolean;
  readonly onRevoke: ((token: FeedToken) => void) | null;
}

function Tokens({ tokens, isStale, onRevoke }: TokensProps) {
  if (tokens.length === 0) return <Empty title="No library reads the datafeed yet">Name one above: its URL is what a charting library is given. On this page the desk&apos;s own chart needs none.</Empty>;
  return (
    <Table columns={COLUMNS} label="Datafeed tokens" className={styles["tokens"]} isStale={isStale}>
      {tokens.map((token) => (
        <Row key={token.token_id} token={token} onRevoke={onRevoke && (() => onRevoke(token))} />
      ))}
    </Table>
  );
}

export default function DatafeedPage() {
  usePageTitle("Datafeed tokens");
  const { resource, reload } = useFeedTokens();
  const [made, setMade] = useState<MadeFeedToken | null>(null);
  const [doomed, setDoomed] = useState<FeedToken | null>(null);
  const mayChange = useAbility<Permissions>().can("update", "Profile");
  const [tokens, problem] = [valueOf(resource), problemIn(resource)];
  const again = () => void reload();
  const close = (isRevoked: boolean) => {
    if (isRevoked && made?.token_id === doomed?.token_id) setMade(null);
    setDoomed(null);
  };
  return (
    <div className={styles["page"]}>
      <h1 className="hidden-text">Datafeed tokens</h1>
      <Panel title="Datafeed tokens" testId="feed-tokens">
        <p className={styles["hint"]}>
          A charting library can send no password, so its URL holds a token. Each may read bars, quotes, and your trades and firings as marks; none may change anything. It holds until you revoke it.
        </p>
        {tokens && problem && <StaleNote fault={problem} age={<AnsweredAge resourceKey={FEED_TOKENS_KEY} />} onRetry={again} />}
        {!tokens && (problem ? <Failure fault={problem} title="The tokens could not be shown" onRetry={again} /> : <TableSkeleton rows={3} columns={4} />)}
        {tokens && mayChange && <MakeToken count={tokens.length} onMade={setMade} />}
        {made && <MadeToken made={made} onDone={() => setMade(null)} />}
        {tokens && <Tokens tokens={tokens} isStale={problem !== null} onRevoke={mayChange ? setDoomed : null} />}
      </Panel>
      <RevokeTokenDialog token={doomed} onClose={close} />
    </div>
  );
}
