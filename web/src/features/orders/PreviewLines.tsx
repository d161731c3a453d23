/** What the order would do: rounding, cost, what is free, and why it would be refused. */
import { Skeleton } from "@mantine/core";
import { Age, Amount, Value } from "@/core/Figures";
import { QuotePrice } from "@/features/orders/QuotePrice";
import type { Previewed } from "@/features/orders/usePreview";
import styles from "./orders.module.css";

interface PreviewLinesProps {
  readonly previewed: Previewed;
  readonly base: string;
  readonly quote: string;
}

export function PreviewLines({ previewed, base, quote }: PreviewLinesProps) {
  if (previewed.kind === "none") return <p className={styles["hint"]}>Enter places, Escape clears.</p>;
  if (previewed.kind === "asking") return <Skeleton height={118} />;
  if (previewed.kind === "failed")
    return (
      <p className={styles["refusal"]} role="status">
        {previewed.problem.detail} <code>{previewed.problem.code}</code>
      </p>
    );
  const { preview } = previewed;
  return (
    <div className={styles["preview"]} role="status" data-testid="preview" data-code={preview.code ?? ""}>
      <dl className={styles["facts"]}>
        <dt>Sends</dt>
        <dd>
          <Amount value={preview.quantity} asset={base} />
        </dd>
        {preview.residue !== "0" && (
          <>
            <dt>Leaves</dt>
            <dd title={`Less than a lot of ${preview.lot}, or not held any more`}>
              <Amount value={preview.residue} asset={base} />
            </dd>
          </>
        )}
        <dt>At about</dt>
        <dd>
          <QuotePrice value={preview.reference_price} unit={quote} /> {preview.priced_at && <Age at={preview.priced_at} />}
        </dd>
        <dt>Worth</dt>
        <dd>
          <Value value={preview.value} unit />
        </dd>
        <dt>Fee</dt>
        <dd title="By the venue's published tier; the account may have another">
          <Amount value={preview.fee} asset={preview.fee_asset} />
        </dd>
        <dt>Free</dt>
        <dd>
          <Amount value={preview.free} asset={preview.free_asset} why="The account reports none" />
        </dd>
      </dl>
      {preview.code && (
        <p className={styles["refusal"]}>
          {preview.message} <code>{preview.code}</code>
        </p>
      )}
    </div>
  );
}
