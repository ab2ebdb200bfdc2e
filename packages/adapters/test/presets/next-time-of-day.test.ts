import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'
import { nextTimeOfDay } from '../../src/time/next-time-of-day.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const at = (text: string): number => Date.parse(text)
const iso = (moment: number): string => new Date(moment).toISOString()

describe('the next time of day', () => {
  it.each([
    // As Upstox and Kite document it, and to the millisecond.
    { zone: 'Asia/Kolkata', time: '03:30', after: '2026-11-17T20:00:00+05:30', next: '2026-11-18T03:30:00+05:30' },
    { zone: 'Asia/Kolkata', time: '03:30', after: '2026-11-18T02:30:00+05:30', next: '2026-11-18T03:30:00+05:30' },
    { zone: 'Asia/Kolkata', time: '03:30', after: '2026-11-18T03:29:59.999+05:30', next: '2026-11-18T03:30:00+05:30' },
    { zone: 'Asia/Kolkata', time: '03:30', after: '2026-11-18T03:30:00+05:30', next: '2026-11-19T03:30:00+05:30' },
    { zone: 'Asia/Kolkata', time: '06:00', after: '2026-12-31T23:00:00+05:30', next: '2027-01-01T06:00:00+05:30' },
    { zone: 'UTC', time: '00:00', after: '2028-02-28T12:00:00Z', next: '2028-02-29T00:00:00Z' },
    // A day of 23 hours, and one of 25.
    { zone: 'America/New_York', time: '06:00', after: '2026-03-07T12:00:00-05:00', next: '2026-03-08T06:00:00-04:00' },
    { zone: 'America/New_York', time: '06:00', after: '2026-10-31T12:00:00-04:00', next: '2026-11-01T06:00:00-05:00' },
    // 02:30 does not come: at 02:00 it is 03:00.
    { zone: 'America/New_York', time: '02:30', after: '2026-03-08T00:00:00-05:00', next: '2026-03-08T03:00:00-04:00' },
    { zone: 'America/New_York', time: '02:30', after: '2026-03-08T03:00:00-04:00', next: '2026-03-09T02:30:00-04:00' },
    { zone: 'America/New_York', time: '03:00', after: '2026-03-08T00:00:00-05:00', next: '2026-03-08T03:00:00-04:00' },
    // 01:30 comes twice, and 01:00 once as a time and once as the end of what is set back.
    { zone: 'America/New_York', time: '01:30', after: '2026-11-01T00:00:00-04:00', next: '2026-11-01T01:30:00-04:00' },
    { zone: 'America/New_York', time: '01:30', after: '2026-11-01T01:30:00-04:00', next: '2026-11-01T01:30:00-05:00' },
    { zone: 'America/New_York', time: '01:00', after: '2026-11-01T01:30:00-04:00', next: '2026-11-01T01:00:00-05:00' },
    { zone: 'America/New_York', time: '01:30', after: '2026-11-01T01:30:00-05:00', next: '2026-11-02T01:30:00-05:00' },
    // Half an hour of summer time, offsets of quarters, and a day that never was.
    {
      zone: 'Australia/Lord_Howe',
      time: '02:15',
      after: '2026-10-04T00:00:00+10:30',
      next: '2026-10-04T02:30:00+11:00',
    },
    { zone: 'Asia/Kathmandu', time: '00:00', after: '2026-11-18T00:00:00Z', next: '2026-11-19T00:00:00+05:45' },
    { zone: 'Pacific/Apia', time: '09:00', after: '2011-12-29T12:00:00-10:00', next: '2011-12-31T00:00:00+14:00' },
  ])('$time in $zone after $after', ({ zone, time, after, next }) => {
    expect(iso(nextTimeOfDay(at(after), { time, timeZone: zone }))).toBe(iso(at(next)))
  })

  it.each([
    { zone: 'Asia/Kolkata', time: '03:30', after: '2026-11-18T03:30:00+05:30', next: '2026-11-18T03:30:00+05:30' },
    { zone: 'America/New_York', time: '02:30', after: '2026-03-08T03:00:00-04:00', next: '2026-03-08T03:00:00-04:00' },
  ])('$time in $zone is a whole millisecond, also a fraction of one after', ({ zone, time, after, next }) => {
    expect(nextTimeOfDay(at(after) - 0.1, { time, timeZone: zone })).toBe(at(next))
  })
})

const ZONES = [
  'UTC',
  'Asia/Kolkata',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Europe/Dublin',
  'Africa/Casablanca',
  'Asia/Tehran',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Pacific/Apia',
  'Pacific/Chatham',
] as const

/** Days on which clocks are set somewhere in these zones. */
const CHANGES = [
  '2011-12-30',
  '2018-02-18',
  '2021-03-22',
  '2026-02-15',
  '2026-03-08',
  '2026-03-22',
  '2026-03-29',
  '2026-04-05',
  '2026-09-27',
  '2026-10-04',
  '2026-10-25',
  '2026-11-01',
] as const

/** Minutes since midnight on a clock of the zone, read another way than the code under test does. */
function face(zone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat('de-DE', { timeZone: zone, timeStyle: 'short' })
  return (moment) => {
    const [hours = 0, minutes = 0] = format.format(moment).split(':').map(Number)
    return hours * 60 + minutes
  }
}

describe('the next time of day in any zone', () => {
  it('P15 is the first minute at which a clock there shows it, or at which it is passed over', () => {
    const anyMinute = fc.integer({ min: at('2005-01-01T00:00:00Z') / MINUTE, max: at('2036-01-01T00:00:00Z') / MINUTE })
    // Within two days of a change of some clock or other.
    const nearAChange = fc
      .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -2 * 1_440, max: 1_440 }))
      .map(([day, minutes]) => at(day) / MINUTE + minutes)
    const moments = fc.oneof(anyMinute, nearAChange)
    const zones = fc.constantFrom(...ZONES)
    const times = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 1, 15, 30, 45, 59))
    fc.assert(
      fc.property(
        zones,
        moments,
        times,
        fc.integer({ min: 0, max: 59_999 }),
        (zone, minute, [hours, minutes], more) => {
          const after = minute * MINUTE + more
          const wanted = hours * 60 + minutes
          const time = `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
          const next = nextTimeOfDay(after, { time, timeZone: zone })
          const shown = face(zone)
          // Every clock moves on by a minute in a minute, unless it is set.
          const passesOver = (moment: number): boolean => {
            const [before, now] = [shown(moment - MINUTE), shown(moment)]
            const ahead = (now - before + 1_440) % 1_440
            return ahead > 1 && ahead < 720 && (wanted - before + 1_440) % 1_440 < ahead && wanted !== before
          }
          const strikes = (moment: number): boolean => shown(moment) === wanted || passesOver(moment)
          expect([next > after, next - after <= 2 * DAY, next % MINUTE]).toEqual([true, true, 0])
          expect(zone === 'Pacific/Apia' || strikes(next)).toBe(true)
          for (let moment = (minute + 1) * MINUTE; moment < next; moment += MINUTE) {
            if (strikes(moment))
              expect([zone, time, iso(after), iso(moment)]).toEqual([zone, time, iso(after), iso(next)])
          }
        },
      ),
      cases(100),
    )
  })
})
