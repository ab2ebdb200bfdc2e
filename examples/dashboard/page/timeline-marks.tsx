import type { RequestSeen, RequestTone, TokenLife, Trouble } from '../world/sightings.ts'
import { span, timeOfDay } from '../world/words.ts'
import type { Scale } from './timeline-scale.ts'

/** A token as a bar, as long as it was used; thin for the life that is left to it, or was when it was taken away. */
export function TokenBar({ token, scale, y, now }: { token: TokenLife; scale: Scale; y: number; now: number }) {
  const { bot, generation, from, until, end } = token
  const used = end?.at ?? Math.min(now, until)
  const [left, middle, right] = [scale.x(from), scale.x(used), scale.x(until)]
  const how = end === null ? 'in use' : end.how
  return (
    <g className="token" data-end={how}>
      <title>{`Token ${generation} of bot ${bot}: issued ${timeOfDay(from)}, ${how}`}</title>
      {end?.how !== 'refreshed' && (
        <rect className="rest" x={middle} y={y + 5} width={Math.max(0, right - middle)} height={4} rx={2} />
      )}
      <rect className="used" x={left} y={y} width={Math.max(2, middle - left)} height={14} rx={4} />
      {middle - left > 22 && (
        <text x={left + 6} y={y + 11}>
          {generation}
        </text>
      )}
      {end?.how === 'rejected' && <Cross x={middle} y={y + 7} />}
    </g>
  )
}

/** A request at the token endpoint, or a probe. Its form says what became of it, and its colour too. */
export function LoginMark({ request, scale, y }: { request: RequestSeen; scale: Scale; y: number }) {
  const x = scale.x(request.at)
  return (
    <g className="login" data-tone={request.tone} data-kind={request.kind}>
      <title>{`${request.kind === 'probe' ? 'Probe' : 'Token request'} at ${timeOfDay(request.at)}: ${request.what}`}</title>
      <Shape tone={request.tone} x={x} y={y} />
    </g>
  )
}

export function Shape({ tone, x, y }: { tone: RequestTone; x: number; y: number }) {
  if (tone === 'refused') return <path d={`M ${x} ${y - 6} l 6 6 l -6 6 l -6 -6 z`} />
  if (tone === 'trouble') return <path d={`M ${x} ${y - 6} l 6 10 l -12 0 z`} />
  return <circle cx={x} cy={y} r={tone === 'silent' ? 4.2 : 5} />
}

/** A request of a bot at the API. */
export function CallTick({ request, scale, y }: { request: RequestSeen; scale: Scale; y: number }) {
  const x = scale.x(request.at)
  const half = request.tone === 'good' ? 4 : 7
  return <line className="call" data-tone={request.tone} x1={x} x2={x} y1={y - half} y2={y + half} />
}

/** A request that failed in the eyes of its bot, or waited for a token. */
export function TroubleMark({ trouble, scale, y }: { trouble: Trouble; scale: Scale; y: number }) {
  const { at, bot, failure, waited } = trouble
  const x = scale.x(at)
  return (
    <g className="trouble" data-failed={failure !== null}>
      <title>{`Bot ${bot} at ${timeOfDay(at)}: ${failure ?? `waited ${span(waited)} for a token`}`}</title>
      {failure === null ? <circle cx={x} cy={y} r={3.5} /> : <Cross x={x} y={y} />}
    </g>
  )
}

function Cross({ x, y }: { x: number; y: number }) {
  return <path className="cross" d={`M ${x - 4} ${y - 4} l 8 8 m 0 -8 l -8 8`} />
}
