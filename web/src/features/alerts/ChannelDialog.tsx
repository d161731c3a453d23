/** Adds a channel; what it is reached by leaves the page once and is never shown again. */
import { Button, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import type { Address } from "@/core/alerting";
import { type ChannelKind, KINDS } from "@/core/alerts_contracts";
import { type Problem, problemOf } from "@/core/problems";
import { useServices } from "@/core/services";
import { canPush, subscribe } from "@/features/alerts/push";
import { KIND } from "@/features/alerts/words";
import { Dialog } from "@/shared/Dialog";
import styles from "./alerts.module.css";

const HINTS: Readonly<Record<ChannelKind, string>> = {
  email: "A test message with a code is sent there before any alert is.",
  telegram: "Make a bot with @BotFather, write to it once, and put in its token and the chat's number.",
  discord: "In a channel's settings choose Integrations, Webhooks, and copy the webhook's URL.",
  webhook: "Each message is signed with the secret: X-Nightdesk-Signature holds time and HMAC-SHA256 over time, delivery id and body. Only https, only public addresses.",
  web_push: "Notifications of this browser, also while the desk is closed. The browser asks you first.",
};

function Fields({ kind }: { readonly kind: ChannelKind }) {
  const secret = { required: true, autoComplete: "off", visibilityToggleButtonProps: { "aria-label": "Show it", tabIndex: 0 } } as const;
  if (kind === "email") return <TextInput label="Address" name="address" type="email" required maxLength={254} />;
  if (kind === "telegram")
    return (
      <>
        <PasswordInput label="Bot's token" name="bot_token" maxLength={120} {...secret} />
        <TextInput label="Chat" name="chat_id" required maxLength={42} placeholder="123456789 or @channel" />
      </>
    );
  if (kind === "discord") return <PasswordInput label="Webhook's URL" name="url" maxLength={300} {...secret} />;
  if (kind === "webhook")
    return (
      <>
        <TextInput label="URL" name="url" type="url" required maxLength={2048} placeholder="https://" />
        <PasswordInput label="Secret" name="secret" description="At least 8 characters; your program has it too" minLength={8} maxLength={512} {...secret} />
      </>
    );
  return null;
}

async function addressOf(kind: ChannelKind, text: (name: string) => string, pushKey: () => Promise<string>): Promise<Address> {
  switch (kind) {
    case "email":
      return { kind, address: text("address") };
    case "telegram":
      return { kind, bot_token: text("bot_token"), chat_id: text("chat_id") };
    case "discord":
      return { kind, url: text("url") };
    case "webhook":
      return { kind, url: text("url"), secret: text("secret") };
    case "web_push":
      return subscribe(await pushKey());
  }
}

function ChannelForm({ onDone }: { readonly onDone: () => void }) {
  const { alerting, resources, notices } = useServices();
  const [kind, setKind] = useState<ChannelKind>("email");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => ((fields.get(name) as string | null) ?? "").trim();
    setBusy(true);
    setProblem(null);
    addressOf(kind, text, () => alerting.pushKey())
      .then((address) => alerting.addChannel({ name: text("name"), address, takes_from: "info", only_escalated: false }))
      .then(() => {
        notices.say("Added. Send a test message to verify it.");
        resources.refresh("alert-channels");
        onDone();
      })
      .catch((thrown: unknown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  const isBlocked = kind === "web_push" && !canPush();
  return (
    <form onSubmit={onSubmit} className={styles["form"]} data-testid="channel-form">
      <NativeSelect label="Kind" value={kind} data={KINDS.map((value) => ({ value, label: KIND[value] }))} onChange={(event) => setKind(event.currentTarget.value as ChannelKind)} data-autofocus />
      <TextInput key={kind} label="Name" name="name" required maxLength={80} defaultValue={KIND[kind]} />
      <Fields key={`${kind} fields`} kind={kind} />
      <p className={styles["hint"]}>{isBlocked ? "This browser can't be pushed to: it needs https and a service worker." : HINTS[kind]}</p>
      {problem && (
        <div role="alert" className={styles["refusal"]} data-testid="channel-error" data-code={problem.code}>
          <strong>{problem.detail}</strong>
          {problem.errors.map(({ path, message }) => (
            <p key={path}>
              {path}: {message}
            </p>
          ))}
          <p>
            <code>{problem.code}</code>
          </p>
        </div>
      )}
      <Button type="submit" loading={isBusy} disabled={isBlocked}>
        Add the channel
      </Button>
    </form>
  );
}

export const ChannelDialog = ({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) => (
  <Dialog opened={opened} onClose={onClose} title="Add a channel" size={440}>
    <ChannelForm onDone={onClose} />
  </Dialog>
);
