import type { Spell, SpellName } from './happenings.ts'
import type { Chance } from './random.ts'
import type { VirtualHost } from './virtual-host.ts'
import type { World } from './world.ts'

/** What is wrong with the network, the store and the server at this moment. */
export interface Weather {
  /** The spell of this name that meets a message from this host now, if chance will have it. */
  meets(name: SpellName, host: VirtualHost, chance: Chance): Spell | null
  begin(spell: Spell): void
  /** Everything is well from now on. */
  clear(): void
}

export function createWeather(world: World): Weather {
  let spells: { readonly spell: Spell; readonly until: number }[] = []

  return {
    meets(name, host, chance) {
      if (spells.length === 0) return null
      const { elapsed } = world
      if (spells.some(({ until }) => elapsed >= until)) spells = spells.filter(({ until }) => elapsed < until)
      const found = spells.find(({ spell }) => spell.type === name && (spell.host === null || spell.host === host.name))
      return found !== undefined && chance.happens(found.spell.share) ? found.spell : null
    },
    begin: (spell) => void spells.push({ spell, until: world.elapsed + spell.lasts }),
    clear() {
      spells = []
    },
  }
}
