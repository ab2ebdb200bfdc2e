import { describe, expect, it } from 'vitest'
import { openRig, type Rig } from './support/rig.ts'

interface Told {
  readonly id: string
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A caller that reads a stream as far as a test wants. */
function reader(answer: Response) {
  const source = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  return {
    /** The next event, or `null` at the end. */
    async next(): Promise<Told | null> {
      while (!text.includes('\n\n')) {
        const chunk = await source.read()
        if (chunk.done) return null
        text += decoder.decode(chunk.value, { stream: true })
      }
      const at = text.indexOf('\n\n')
      const lines = text.slice(0, at).split('\n')
      text = text.slice(at + 2)
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
      if (lines[0]?.startsWith(':') === true) return { id: '', event: 'comment', data: {} }
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data')) as Told['data'] }
    },
    leave: () => source.cancel(),
  }
}

async function follow(rig: Rig, key: string, query = '') {
  const answer = await rig.ask(key, `/api/v1/events${query}`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  return reader(answer)
}

async function openStreams(rig: Rig): Promise<number> {
  const text = await (await rig.ask(await rig.key(['metrics']), '/metrics')).text()
  return Number(/^evergrant_event_streams (\d+)$/m.exec(text)?.[1])
}

describe('a stream of events', () => {
  it('tells how the account stands, then what happens to it, without a secret', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'], ['anna'])
    const stream = await follow(rig, key)
    expect(await stream.next()).toMatchObject({ id: '1', event: 'status', data: { account: 'anna', state: 'valid' } })
    await rig.ask(key, '/api/v1/token')
    expect(await stream.next()).toMatchObject({ event: 'state-changed', data: { account: 'anna', to: 'valid' } })
    const told: string[] = []
    rig.fake.revokeGrant()
    await rig.clock.advance(800_000)
    for (let next = await stream.next(); next !== null && next.data['to'] !== 'revoked'; next = await stream.next()) {
      told.push(JSON.stringify(next))
    }
    expect(told.join()).not.toContain(rig.fake.credentials.clientSecret)
    await stream.leave()
  })

  it('tells of all accounts that the key may use, and of no other', async () => {
    await using rig = await openRig()
    for (const account of ['anna', 'bert', 'cleo']) await rig.post(account, rig.fake.createGrant())
    const key = await rig.key(['token'], ['anna', 'bert'])
    const everybody = await rig.key(['token'])
    await rig.ask(everybody, '/api/v1/token?account=anna')
    await rig.ask(everybody, '/api/v1/token?account=cleo')
    const stream = await follow(rig, key)
    expect(await stream.next()).toMatchObject({ event: 'status', data: { account: 'anna', state: 'valid' } })
    await rig.soon(rig.ask(everybody, '/api/v1/token?account=cleo&rejected=1'))
    await rig.ask(everybody, '/api/v1/token?account=bert')
    expect(await stream.next()).toMatchObject({ event: 'state-changed', data: { account: 'bert' } })
    await stream.leave()
  })

  it('says now and then that it is still there', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const stream = await follow(rig, await rig.key(['token'], ['anna']))
    await stream.next()
    await rig.clock.advance(15_000)
    expect(await stream.next()).toMatchObject({ event: 'comment' })
    await stream.leave()
  })

  it('ends with its key, revoked or expired', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const options = { name: 'x', scopes: ['token'], accounts: ['anna'] } as const
    const revoked = await rig.keeper.keys.create(options)
    const first = await follow(rig, revoked.key.reveal())
    await first.next()
    await rig.keeper.keys.revoke(revoked.id)
    expect(await first.next()).toBeNull()

    const expiring = await rig.keeper.keys.create({ ...options, expiresAt: rig.clock.now() + 7_000 })
    const second = await follow(rig, expiring.key.reveal())
    await second.next()
    await rig.clock.advance(10_000)
    expect(await second.next()).toBeNull()
    expect(await openStreams(rig)).toBe(0)
  })

  it('ends when nobody reads it, and takes no more memory than its limit', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'], ['anna'])
    await follow(rig, key)
    expect(await openStreams(rig)).toBe(1)
    await rig.clock.advance(86_400_000 * 7)
    expect(await openStreams(rig)).toBe(0)
  })

  it('that the caller leaves holds nothing', async () => {
    await using rig = await openRig({ keeper: { idleAfter: 60_000 } })
    await rig.post('anna')
    const key = await rig.key(['token'], ['anna'])
    const stream = await follow(rig, key)
    await stream.next()
    await rig.ask(key, '/api/v1/token')
    await rig.clock.advance(600_000)
    expect(await (await rig.ask(key, '/api/v1/status')).json()).toMatchObject({ status: { awake: true } })
    await stream.leave()
    await rig.clock.advance(600_000)
    expect(await openStreams(rig)).toBe(0)
    expect(await (await rig.ask(key, '/api/v1/status')).json()).toMatchObject({ status: { awake: false } })
  })

  it('is one of so many at most', async () => {
    await using rig = await openRig({ keeper: { limits: { streams: 2 } } })
    await rig.post('anna')
    const key = await rig.key(['token'], ['anna'])
    const [first] = [await follow(rig, key), await follow(rig, key)]
    const refused = await rig.ask(key, '/api/v1/events')
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ code: 'too-many-streams' })
    await first.leave()
    await follow(rig, key)
  })

  it('is not opened by a caller who only asks for the head of it', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const answer = await rig.ask(await rig.key(['token'], ['anna']), '/api/v1/events', { method: 'HEAD' })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(await openStreams(rig)).toBe(0)
  })

  it('of an account that there is not is a problem', async () => {
    await using rig = await openRig()
    expect((await rig.ask(await rig.key(['token']), '/api/v1/events?account=nobody')).status).toBe(404)
  })

  it('ends when the keeper does', async () => {
    const rig = await openRig()
    await rig.post('anna')
    const stream = await follow(rig, await rig.key(['token'], ['anna']))
    await stream.next()
    await rig.keeper.dispose()
    expect(await stream.next()).toBeNull()
  })
})
