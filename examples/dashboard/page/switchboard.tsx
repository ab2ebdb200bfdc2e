import type { Rotation } from '@evergrant/testing'
import { useId } from 'react'
import type { Switch, SwitchGroup } from '../world/switches.ts'

interface SwitchboardProperties {
  readonly groups: readonly SwitchGroup[]
  readonly rotation: Rotation
  readonly onBeginAnew: (rotation: Rotation) => void
  readonly onFlip: (flip: () => void) => void
  readonly onPutRight: () => void
}

const ROTATIONS: Readonly<Record<Rotation, string>> = {
  none: 'never, as tastytrade',
  grace: 'at each use, the old one good for 30 s',
  strict: 'at each use, strictly',
}

/** All that a person can do to the world. */
export function Switchboard({ groups, rotation, onBeginAnew, onFlip, onPutRight }: SwitchboardProperties) {
  const note = useId()
  return (
    <section className="switchboard" aria-label="Switches">
      <h2>Break the world</h2>
      <button type="button" className="right" onClick={onPutRight}>
        Put everything right
      </button>
      {groups.map(({ title, switches }) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          {switches.map((one) => (
            <SwitchButton key={one.name} one={one} onFlip={onFlip} />
          ))}
        </fieldset>
      ))}
      <fieldset>
        <legend>Another world</legend>
        <label className="rotation">
          Refresh tokens change{' '}
          <select
            value={rotation}
            aria-describedby={note}
            onChange={({ target }) => onBeginAnew(target.value as Rotation)}
          >
            {Object.entries(ROTATIONS).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <p id={note} className="expected">
          Each refresh token is spent once, and the next one saved first. Another choice begins anew.{' '}
          <Promises ids={['P1', 'P7']} />
        </p>
        <button type="button" className="anew" onClick={() => onBeginAnew(rotation)}>
          Begin anew
        </button>
      </fieldset>
    </section>
  )
}

interface SwitchButtonProperties {
  readonly one: Switch
  readonly onFlip: SwitchboardProperties['onFlip']
}

function SwitchButton({ one: { name, promises, expected, isOn, flip }, onFlip }: SwitchButtonProperties) {
  const note = useId()
  const asSwitch = isOn === undefined ? {} : { role: 'switch', 'aria-checked': isOn() }
  return (
    <div className="switch">
      <button type="button" {...asSwitch} aria-describedby={note} onClick={() => onFlip(flip)}>
        {name}
      </button>
      <p id={note} className="expected">
        {expected} <Promises ids={promises} />
      </p>
    </div>
  )
}

function Promises({ ids }: { readonly ids: readonly string[] }) {
  return ids.map((id) => (
    <span key={id} className="promise">
      {id}{' '}
    </span>
  ))
}
