import type { SessionState } from '@evergrant/core'
import { useId } from 'react'
import { curve } from '../machine/curve.ts'
import { EDGES, STATES, type DrawnState } from '../machine/map.ts'
import { NARROW, WIDE, type Layout } from '../machine/places.ts'
import type { LabView } from '../world/lab.ts'
import { useWidth } from './use-width.ts'

/** Below this width of the drawing, in CSS pixels, its words would be too small. */
const ROOM_FOR_WIDE = 470

/** The machine of core with the present states lit, and the way that led to them. */
export function MachineView({ view: { bots, steps } }: { readonly view: LabView }) {
  const id = useId()
  const [place, width] = useWidth<HTMLElement>()
  const layout = width > 0 && width < ROOM_FOR_WIDE ? NARROW : WIDE
  const present = new Map(bots.map(({ bot: { name, session } }) => [name, session.getSnapshot().state]))
  const path = steps.filter(({ bot }) => bot === (bots[0]?.bot.name ?? 'A')).slice(-5)
  const way = [path[0]?.from, ...path.map(({ to }) => to)].filter((state) => state !== undefined).join(' → ')

  return (
    <figure className="machine" ref={place}>
      <svg
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        role="img"
        data-layout={layout === NARROW ? 'narrow' : 'wide'}
        aria-labelledby={`${id}-title ${id}-text`}
      >
        <title id={`${id}-title`}>The machine of a session</title>
        <desc id={`${id}-text`}>
          {`${STATES.length} states: ${STATES.map(({ name }) => name).join(', ')}. `}
          {[...present].map(([bot, state]) => `Bot ${bot} is in ${state}. `)}
        </desc>
        <defs>
          <Arrow id={`${id}-faint`} className="arrow" />
          <Arrow id={`${id}-taken`} className="arrow taken" />
        </defs>
        {EDGES.map(({ from, to }) => (
          <path
            key={`${from} ${to}`}
            className="edge"
            d={curve(layout, layout.places[from], layout.places[to])}
            markerEnd={`url(#${id}-faint)`}
          />
        ))}
        {path.map(({ id: step, from, to }, index) => (
          <path
            key={step}
            className="edge taken"
            data-age={path.length - 1 - index}
            d={curve(layout, layout.places[from], layout.places[to])}
            pathLength={1}
            markerEnd={`url(#${id}-taken)`}
          />
        ))}
        {STATES.map((state) => (
          <StateBox
            key={state.name}
            state={state}
            layout={layout}
            bots={[...present].filter(([, name]) => name === state.name).map(([bot]) => bot)}
          />
        ))}
      </svg>
      <figcaption>{way === '' ? 'Nothing has happened yet.' : way}</figcaption>
    </figure>
  )
}

interface StateBoxProperties {
  readonly state: DrawnState
  readonly layout: Layout
  /** The bots that are in it. */
  readonly bots: readonly string[]
}

function StateBox({ state: { name, inner, isInitial }, layout: { places, box }, bots }: StateBoxProperties) {
  const { x, y } = places[name satisfies SessionState]
  const left = x - box.width / 2
  const top = y - box.height / 2
  return (
    <g className="state" data-state={name} data-lit={bots.length > 0}>
      <rect x={left} y={top} width={box.width} height={box.height} rx={10} />
      {isInitial && <circle className="initial" cx={left + 10} cy={top + 10} r={3} />}
      <text x={x} y={inner.length > 0 ? y - 2 : y + 5}>
        {name}
      </text>
      {inner.length > 0 && (
        <text className="inner" x={x} y={y + 14}>
          {inner.join(' · ')}
        </text>
      )}
      {bots.map((bot, index) => (
        <g key={bot} className="badge" transform={`translate(${left + box.width - 6 - index * 22} ${top})`}>
          <circle r={10} />
          <text y={4}>{bot}</text>
        </g>
      ))}
    </g>
  )
}

function Arrow({ id, className }: { readonly id: string; readonly className: string }) {
  return (
    <marker
      id={id}
      className={className}
      viewBox="0 0 8 8"
      refX={7}
      refY={4}
      markerWidth={7}
      markerHeight={7}
      orient="auto"
    >
      <path d="M 0 0.5 L 8 4 L 0 7.5 z" />
    </marker>
  )
}
