import type { CanaryPlace } from '@evergrant/testing'
import { lookAround, overhear, type Overheard } from './overhear.ts'

/** Where a store of this page keeps its entries: items whose names begin so, or a database of this name. */
export interface PagePlace extends CanaryPlace {
  readonly name: string
}

let places = 0

/** Whatever a store does there is listened to, and what the page shows of itself can be seen. */
export function inPage(lay: (name: string, overheard: Overheard) => CanaryPlace): PagePlace {
  places += 1
  const name = `canaries-${places}:`
  const overheard = overhear()
  const items = localStorage
  const place = lay(name, overheard)
  return {
    name,
    open: () => place.open(),
    visible: async () => ({ told: overheard.told, page: await lookAround(items), kept: await place.visible?.() }),
    async dispose() {
      await place.dispose?.()
      for (const item of Object.keys(items)) if (item.startsWith(name)) items.removeItem(item)
      overheard[Symbol.dispose]()
    },
  }
}
