export { createKeeper, type Keeper } from './keeper.ts'
export type { KeeperLimits, KeeperOptions, KeeperResources, Sealing } from './keeper-options.ts'
export { KeeperError, type KeeperErrorCode } from './keeper-error.ts'
export type { KeeperServer, ListenOptions, TlsOptions } from './listen/listen.ts'
export {
  keeperKeys,
  type CreatedKey,
  type CreateKeyOptions,
  type KeeperKeys,
  type KeeperKeysOptions,
} from './keys/keeper-keys.ts'
export type { KeyAccounts, KeyScope } from './keys/api-key.ts'
export type { KeyInfo } from './keys/key-record.ts'
export { auditFile, type AuditFile } from './audit/audit-file.ts'
export type { Audit, AuditEntry } from './audit/audit-entry.ts'
export { tastytradeResources } from './http/routes/resources.ts'
export type { KeeperBindings } from './http/route.ts'
export type { ProblemCode } from './http/problem.ts'
