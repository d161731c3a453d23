/** Says exactly what revoking a token does, and asks once. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { FEED_TOKENS_KEY, type FeedToken, useFeedTokenDesk } from "@/core/feed_tokens";
import { Age } from "@/core/Figures";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { Dialog } from "@/shared/Dialog";
import { Failure } from "@/shared/Panel";
import styles from "./datafeed.module.css";

interface RevokeTokenProps {
  readonly token: FeedToken;
  readonly onClose: (isRevoked: boolean) => void;
}

const isGone = ({ code }: Problem): boolean => code === "datafeed.token_not_found";

function useRevoking({ token, onClose }: RevokeTokenProps) {
  const tokens = useFeedTokenDesk();
  const { resources, notices } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    const refused = await tokens.revoke(token.token_id).then(() => null, problemOf);
    setBusy(false);
    resources.refresh(FEED_TOKENS_KEY);
    if (refused && !isGone(refused)) return setProblem(refused);
    notices.say(`${token.name} reads no more.`);
    onClose(true);
  };
  return { problem, isBusy, revoke: () => void revoke() };
}

function RevokeToken(props: RevokeTokenProps) {
  const { token, onClose } = props;
  const { problem, isBusy, revoke } = useRevoking(props);
  return (
    <div className={styles["revoke"]} data-testid="revoke-token">
      <ul className={styles["consequences"]}>
        <li>
          Whoever reads by the URL of {token.name} is refused from now on; it was last used {token.last_used_at === null ? "never" : <Age at={token.last_used_at} />}
          {token.last_used_at !== null && " ago"}.
        </li>
        <li>There is no way back: the library needs the URL of another token then.</li>
      </ul>
      {problem && <Failure fault={problem} title="Not revoked" />}
      <div className={styles["buttons"]}>
        <Button size="compact-sm" color="red" loading={isBusy} onClick={revoke}>
          Revoke {token.name}
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => onClose(false)} data-autofocus>
          Keep it
        </Button>
      </div>
    </div>
  );
}

export function RevokeTokenDialog({ token, onClose }: { readonly token: FeedToken | null; readonly onClose: (isRevoked: boolean) => void }) {
  return (
    <Dialog opened={token !== null} onClose={() => onClose(false)} title={`Revoke ${token?.name ?? ""}?`} size={440}>
      {token && <RevokeToken token={token} onClose={onClose} />}
    </Dialog>
  );
}
