import { walk } from './walk.mjs'

globalThis.walked = walk()
