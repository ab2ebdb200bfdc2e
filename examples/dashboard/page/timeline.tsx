import { useId } from 'react'
import type { LabView } from '../world/lab.ts'
import { CallTick, LoginMark, Shape, TokenBar, TroubleMark } from './timeline-marks.tsx'
import { scaleAround } from './timeline-scale.ts'
import { useWidth } from './use-width.ts'

const GUTTER = 74
const TOP = 18
const LANE = 24
/** Below this a label of a deed would run into the next one. */
const ROOM_FOR_LABEL = 120

/** Tokens against requests and failures, half an hour back. */
export function Timeline({ view }: { readonly view: LabView }) {
  const id = useId()
  const [place, width] = useWidth<HTMLElement>()
  const { now, bots, tokens, requests, troubles, deeds } = view
  const scale = scaleAround(now, GUTTER, Math.max(GUTTER + 100, width - 4))
  const names = [...new Set(['A', ...bots.map(({ bot }) => bot.name), ...tokens.map(({ bot }) => bot)])].toSorted()
  const lanes = [
    ...names.map((name) => (names.length > 1 ? `tokens ${name}` : 'tokens')),
    'logins',
    'requests',
    'bot sees',
  ]
  const laneY = (index: number): number => TOP + LANE * index + LANE / 2
  const bottom = TOP + LANE * lanes.length
  const [logins, calls, sees] = [names.length, names.length + 1, names.length + 2].map(laneY) as [
    number,
    number,
    number,
  ]

  return (
    <figure className="timeline" ref={place}>
      <svg width="100%" height={bottom + 20} role="img" aria-labelledby={`${id}-title ${id}-text`}>
        <title id={`${id}-title`}>Timeline of the last half hour</title>
        <desc id={`${id}-text`}>
          {`${tokens.length} tokens, ${requests.filter(({ kind }) => kind === 'token').length} token requests, `}
          {`${troubles.filter(({ failure }) => failure !== null).length} failures seen by the bots.`}
        </desc>
        {lanes.map((lane, index) => (
          <g key={lane} className="lane">
            <line x1={GUTTER} x2={scale.x(scale.to)} y1={TOP + LANE * (index + 1)} y2={TOP + LANE * (index + 1)} />
            <text x={0} y={laneY(index) + 4}>
              {lane}
            </text>
          </g>
        ))}
        {scale.marks.map((at) => (
          <g key={at} className="hour">
            <line x1={scale.x(at)} x2={scale.x(at)} y1={TOP} y2={bottom} />
            <text x={scale.x(at)} y={bottom + 14}>
              {new Date(at).toISOString().slice(11, 16)}
            </text>
          </g>
        ))}
        {deeds.map(({ at, what }, index) => {
          const x = scale.x(at)
          const room = scale.x(deeds[index + 1]?.at ?? scale.to) - x
          return (
            <g key={`${at} ${index}`} className="deed">
              <title>{what}</title>
              <line x1={x} x2={x} y1={6} y2={bottom} />
              <path d={`M ${x} 4 l 9 4 l -9 4 z`} />
              {room > ROOM_FOR_LABEL && (
                <text x={x + 12} y={12}>
                  {what.length * 5.4 > room - 14 ? `${what.slice(0, Math.floor((room - 20) / 5.4))}…` : what}
                </text>
              )}
            </g>
          )
        })}
        {tokens.map((token) => (
          <TokenBar
            key={`${token.bot} ${token.from}`}
            token={token}
            scale={scale}
            now={now}
            y={laneY(names.indexOf(token.bot)) - 7}
          />
        ))}
        {requests.map((request, index) =>
          request.kind === 'api' ? (
            <CallTick key={index} request={request} scale={scale} y={calls} />
          ) : (
            <LoginMark key={index} request={request} scale={scale} y={logins} />
          ),
        )}
        {troubles.map((trouble, index) => (
          <TroubleMark key={index} trouble={trouble} scale={scale} y={sees} />
        ))}
        <line className="now" x1={scale.x(now)} x2={scale.x(now)} y1={TOP - 4} y2={bottom} />
      </svg>
      <Legend />
    </figure>
  )
}

const LEGEND = [
  ['good', 'granted'],
  ['refused', 'refused'],
  ['trouble', 'server trouble'],
  ['silent', 'no answer'],
] as const

function Legend() {
  return (
    <ul className="legend" aria-label="Legend">
      {LEGEND.map(([tone, words]) => (
        <li key={tone}>
          <svg width={14} height={14} aria-hidden="true">
            <g className="login" data-tone={tone}>
              <Shape tone={tone} x={7} y={7.5} />
            </g>
          </svg>
          {words}
        </li>
      ))}
      <li>
        <svg width={22} height={14} aria-hidden="true">
          <g className="token" data-end="refreshed">
            <rect className="used" x={0} y={1} width={13} height={12} rx={3} />
            <rect className="rest" x={13} y={5} width={9} height={4} rx={2} />
          </g>
        </svg>
        a token in use, and the life left to it
      </li>
    </ul>
  )
}
