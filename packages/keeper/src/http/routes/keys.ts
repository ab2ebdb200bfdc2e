import type { KeeperKeys } from '../../keys/keeper-keys.ts'
import type { KeyInfo } from '../../keys/key-record.ts'
import type { Principal } from '../../keys/principal.ts'
import { isoTime, jsonAnswer } from '../json-answer.ts'
import { Problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import { createdKey, keyBody, keyList, keyPath } from '../schemas.ts'

/** API keys, managed by those who may manage every account: a key for some could else make itself one for all. */
export function keysRoutes(keys: KeeperKeys): readonly Route[] {
  const create = defineRoute({
    method: 'post',
    path: '/api/v1/keys',
    access: ['admin'],
    summary: 'Makes an API key, which is shown this once',
    body: keyBody,
    answers: { 201: { description: 'The key', schema: createdKey } },
    async answer({ principal, body }) {
      checkAll(principal)
      const { name, scopes, accounts, expires_at } = body
      const expiresAt = expires_at === undefined ? undefined : Date.parse(expires_at)
      const created = await keys.create({ name, scopes, accounts, expiresAt })
      return jsonAnswer({ ...keyView(created), key: created.key.reveal() }, 201)
    },
  })

  const list = defineRoute({
    method: 'get',
    path: '/api/v1/keys',
    access: ['admin'],
    summary: 'All API keys, without what makes them keys',
    answers: { 200: { description: 'All of them', schema: keyList } },
    async answer({ principal }) {
      checkAll(principal)
      const all = await keys.list()
      return jsonAnswer({ keys: all.map((key) => keyView(key)) })
    },
  })

  const revoke = defineRoute({
    method: 'delete',
    path: '/api/v1/keys/{id}',
    access: ['admin'],
    summary: 'Revokes an API key',
    description: 'It is refused at once by this replica, and within five seconds by the others.',
    documented: { params: keyPath },
    answers: { 204: { description: 'Revoked, now or before' } },
    async answer({ principal, context }) {
      checkAll(principal)
      const id = context.req.param('id') ?? ''
      if (!/^[0-9A-Za-z]{12}$/.test(id)) throw new Problem('key-not-found')
      await keys.revoke(id)
      return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
    },
  })

  return [create, list, revoke]
}

function checkAll({ accounts }: Principal): void {
  if (accounts === null) return
  throw new Problem('account-not-allowed', {
    detail: 'API keys are managed with a key for all accounts',
    help: "Use an admin key whose accounts are '*'.",
  })
}

function keyView({ id, name, scopes, accounts, createdAt, expiresAt, revokedAt }: KeyInfo): object {
  return {
    id,
    name,
    scopes,
    accounts,
    created_at: isoTime(createdAt),
    expires_at: isoTime(expiresAt),
    revoked_at: isoTime(revokedAt),
  }
}
