/** Making a datafeed token: its name, and its URL, which is shown once. */
import { Button, CopyButton, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { FEED_TOKENS_KEY, FEED_TOKENS_MAX, type MadeFeedToken, useFeedTokenDesk } from "@/core/feed_tokens";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import styles from "./datafeed.module.css";

const NAME_MAX = 80;

function Copied({ value, what }: { readonly value: string; readonly what: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="default" onClick={copy}>
          {copied ? "Copied" : what}
        </Button>
      )}
    </CopyButton>
  );
}

/** The one time that a token is seen: nothing but this holds it, and it is gone with the page. */
export function MadeToken({ made, onDone }: { readonly made: MadeFeedToken; readonly onDone: () => void }) {
  const url = `${location.origin}${made.path}`;
  return (
    <div className={styles["made"]} role="status" data-testid="made-token">
      <p>
        Give this URL to the charting library as its UDF address. <strong>It is shown this once</strong>: treat it as a password, whoever has it can read.
      </p>
      <code>{url}</code>
      <div className={styles["buttons"]}>
        <Copied value={url} what="Copy the URL" />
        <Copied value={`NightdeskDatafeed.createDatafeed({ url: ${JSON.stringify(url)} })`} what="Copy as JavaScript" />
        <Button size="compact-xs" variant="subtle" onClick={onDone}>
          I have it
        </Button>
      </div>
    </div>
  );
}

export function MakeToken({ count, onMade }: { readonly count: number; readonly onMade: (made: MadeFeedToken) => void }) {
  const tokens = useFeedTokenDesk();
  const { resources } = useServices();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isFull = count >= FEED_TOKENS_MAX;
  const make = async () => {
    setBusy(true);
    try {
      onMade(await tokens.make(name.trim()));
      setName("");
      setProblem(null);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
    setBusy(false);
    resources.refresh(FEED_TOKENS_KEY);
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    void make();
  };
  return (
    <form className={styles["form"]} onSubmit={onSubmit} data-testid="feed-token-form">
      <TextInput
        size="xs"
        label="Name of what reads"
        placeholder="wall screen"
        required
        maxLength={NAME_MAX}
        value={name}
        disabled={isFull}
        onChange={(event) => setName(event.currentTarget.value)}
        error={problem ? `${problem.detail} (${problem.code})` : undefined}
      />
      <Button type="submit" size="xs" loading={isBusy} disabled={isFull || name.trim() === ""}>
        Make a token
      </Button>
      {isFull && <p className={styles["hint"]}>There are {FEED_TOKENS_MAX}, and no more may be: revoke one first.</p>}
    </form>
  );
}
