export { createVirtualRig as createStillRig } from '../support/virtual-rig.ts'
