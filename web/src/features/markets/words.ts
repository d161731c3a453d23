/** Words for sizes of coins and distances from all-time highs. */
import type { CapPosition } from "@/core/reference_contracts";

interface Words {
  readonly name: string;
  readonly what: string;
}

export const UNMAPPED = "It is not proven which listed coin this is, or it is not among the thousand largest";

export const SIZE_WORDS: Readonly<Record<CapPosition["size"], Words>> = {
  mega: { name: "Mega", what: "From 200 billion dollars" },
  large: { name: "Large", what: "From 10 billion dollars" },
  mid: { name: "Mid", what: "From 1 billion dollars" },
  small: { name: "Small", what: "From 100 million dollars" },
  micro: { name: "Micro", what: "Below 100 million dollars" },
  unknown: { name: "Not known", what: UNMAPPED },
};

export const DISTANCE_WORDS: Readonly<Record<CapPosition["distance"], Words>> = {
  near: { name: "Up to +25 %", what: "Its price would gain at most a quarter up to its high" },
  moderate: { name: "+25 to +100 %", what: "Its price would at most double" },
  far: { name: "+100 to +400 %", what: "Its price would grow to two to five times" },
  very_far: { name: "Over +400 %", what: "Its price would grow to more than five times" },
  stable: { name: "Stable", what: "It is meant to keep to a currency: its high says nothing" },
  unknown: { name: "Not known", what: UNMAPPED },
};
