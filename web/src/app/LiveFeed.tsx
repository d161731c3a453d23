/** Keeps the one live subscription of the page while somebody is signed in. */
import { useEffect } from "react";
import { IMPORT_PROGRESS } from "@/core/imports";
import { useServices } from "@/core/services";

export function LiveFeed() {
  const { live, imports } = useServices();
  useEffect(() => live.listen(IMPORT_PROGRESS, {}, (data) => imports.pushed(data)), [live, imports]);
  return null;
}
