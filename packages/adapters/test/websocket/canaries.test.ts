import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { expect, it } from 'vitest'
import { streamerRig } from './streamer-rig.ts'

it('P11 shows no token in its status, its errors, its address, or what it says when it goes', async () => {
  const canaries = plantCanaries()
  const rig = await streamerRig({ value: (generation) => canaries.plant(`access token ${generation}`) })
  await rig.until('open')
  const token = rig.session.peekToken()?.value ?? ''
  rig.server.tell({ type: 'Order' })
  await rig.quiet()
  rig.server.silent = true
  const asked = rig.streamer.subscribe('user-message-subscribe', 'U1').catch((error: unknown) => error)
  await rig.clock.settleUntil(() => rig.server.messages.length === 2)
  // A server that repeats what it was sent, to a token that was refused before.
  const refuse = (action: string) =>
    rig.server.tell({ status: 'error', action, message: `no good: ${rig.server.told.at(-1)}` })
  refuse('user-message-subscribe')
  await rig.nextGeneration()
  await rig.clock.settleUntil(() => rig.server.messages.length === 3)
  refuse('user-message-subscribe')
  const refused = await asked
  expect(refused).toMatchObject({ code: 'invalid-options' })
  expect(rig.requests()).toBe(2)

  await rig.clock.advance(20_000)
  await rig.clock.settleUntil(() => rig.server.messages.length === 4)
  refuse('heartbeat')
  await rig.nextGeneration()
  await rig.clock.settleUntil(() => rig.server.messages.length === 5)
  rig.server.silent = false
  rig.server.tell({ status: 'ok', action: 'connect' })
  await rig.clock.advance(20_000)
  await rig.quiet()
  rig.server.accepts = () => false
  await rig.advance(20_000)
  await rig.clock.settleUntil(() => rig.streamer.getSnapshot().lastFailure !== null)
  const closed = rig.streamer.close()
  const after = await rig.streamer.connect(['5WT00002']).catch((error: unknown) => error)
  await rig.until('closed')
  await closed

  expect(rig.server.messages[0]?.['auth-token']).toContain(token)
  expect(rig.server.goodbyes.length).toBeGreaterThan(0)
  expectNoCanary(
    [rig.streamer, rig.statuses, rig.news, rig.faults, refused, after, rig.count.urls, rig.server.goodbyes],
    canaries,
  )
})
