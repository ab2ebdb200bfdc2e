import { useState } from 'react'
import type { Lab, LabView } from '../world/lab.ts'
import { SPEEDS } from '../world/pace.ts'
import { timeOfDay } from '../world/words.ts'

const SECOND = 1_000
const SKIPS = [
  ['10 s', 10 * SECOND],
  ['1 min', 60 * SECOND],
  ['10 min', 600 * SECOND],
  ['1 h', 3_600 * SECOND],
] as const

/** Time in the lab: how late it is, how fast it passes, and leaps ahead. */
export function ClockControls({ lab, view }: { readonly lab: Lab; readonly view: LabView }) {
  const [isLeaping, setLeaping] = useState(false)
  const { pace } = lab

  async function leap(ms: number): Promise<void> {
    setLeaping(true)
    try {
      await pace.skip(ms)
    } finally {
      setLeaping(false)
    }
  }

  return (
    <div className="clock" role="group" aria-label="Time" aria-busy={isLeaping}>
      <p className="time">
        <time>{timeOfDay(view.now)}</time>
        {view.skew !== 0 && <span className="skewed">the machine says {timeOfDay(view.now + view.skew)}</span>}
      </p>
      <button type="button" onClick={() => (view.running ? pace.pause() : pace.run())}>
        {view.running ? 'Pause' : 'Run'}
      </button>
      <label>
        Speed{' '}
        <select value={view.speed} onChange={({ target }) => pace.setSpeed(Number(target.value))}>
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed.toLocaleString('en')} ×
            </option>
          ))}
        </select>
      </label>
      <span className="leaps">
        {SKIPS.map(([name, ms]) => (
          <button
            key={name}
            type="button"
            aria-label={`Leap ${name} ahead`}
            aria-disabled={isLeaping}
            onClick={() => {
              if (!isLeaping) void leap(ms)
            }}
          >
            +{name}
          </button>
        ))}
      </span>
    </div>
  )
}
