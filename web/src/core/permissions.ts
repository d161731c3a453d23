/** What the user may do, by the rules the desk sent. The desk decides; the page only leaves out what would be refused. */
import { createMongoAbility, type MongoAbility, type RawRuleOf } from "@casl/ability";
import type { PermissionRule } from "@/core/contracts";

export type Permissions = MongoAbility;

export const permissionsOf = (rules: readonly PermissionRule[]): Permissions =>
  createMongoAbility([...rules] as RawRuleOf<MongoAbility>[]);
