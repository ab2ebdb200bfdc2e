export { VirtualClock, type AdvanceUntilOptions, type VirtualClockOptions } from './virtual-clock.ts'
