import { accessToken, type AccessToken } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { createJudges } from '../../src/websocket/token-reports.ts'

const [one, two, three] = [1, 2, 3].map((generation) =>
  accessToken({ value: `token-${generation}`, generation, issuedAt: 0, expiresAt: 900_000 }),
) as [AccessToken, AccessToken, AccessToken]

function rig() {
  const reports: number[] = []
  const createJudge = createJudges({ reportRejected: ({ generation }) => void reports.push(generation) })
  return { reports, createJudge }
}

describe('refusals of a token', () => {
  it('P10 are reported once for each generation, however many messages are refused', () => {
    const { reports, createJudge } = rig()
    const judges = [createJudge(), createJudge()]
    expect(judges.map((judge) => judge('token-refused', one))).toEqual(['again', 'again'])
    expect(reports).toEqual([1])
  })

  it('P13 of the next token speak against the message, until it is accepted with a newer one', () => {
    const { reports, createJudge } = rig()
    const judge = createJudge()
    judge('token-refused', one)
    expect(judge('token-refused', two)).toBe('refused')
    expect(judge('token-refused', one)).toBe('again')
    expect(judge('accepted', one)).toBe('accepted')
    expect(judge('token-refused', three)).toBe('refused')
    expect(reports).toEqual([1])
    expect(judge('accepted', two)).toBe('accepted')
    expect(judge('token-refused', three)).toBe('again')
    expect(reports).toEqual([1, 3])
  })

  it('are no others', () => {
    const { reports, createJudge } = rig()
    expect(createJudge()('refused', one)).toBe('refused')
    expect(reports).toEqual([])
  })
})
