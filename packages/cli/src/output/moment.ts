import { formatDuration } from './duration.ts'

/** A time as a person reads it: `14:30:05 (in 9 min 12 s)`, with the date if it lies more than half a day away. */
export function formatMoment(at: number, now: number): string {
  const span = at - now
  const date = new Date(at)
  const two = (part: number): string => String(part).padStart(2, '0')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  const far = Math.abs(span) > 12 * 3_600_000
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const distance = span >= 0 ? `in ${formatDuration(span)}` : `${formatDuration(-span)} ago`
  return `${far ? `${day} ` : ''}${time} (${distance})`
}
