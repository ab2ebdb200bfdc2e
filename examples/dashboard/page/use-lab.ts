import { useSyncExternalStore } from 'react'
import type { Lab, LabView } from '../world/lab.ts'

/** What there is to be seen of a lab, drawn anew with each move of its time. */
export function useLab(lab: Lab): LabView {
  return useSyncExternalStore(lab.subscribe, lab.getSnapshot)
}
