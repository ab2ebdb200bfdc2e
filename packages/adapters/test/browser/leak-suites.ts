import { rejects } from 'node:assert/strict'
import { memoryStore, type Json } from '@evergrant/core'
import { CanaryFoundError, describeCanaries } from '@evergrant/testing'
import { openChannel } from '../../src/tabs/channel.ts'
import { inPage, type PagePlace } from './page-place.ts'
import type { SuiteRunner } from './suites.ts'

interface Leak {
  /** What a store does, once, with what it is to keep. */
  readonly by: (value: Json) => unknown
  /** A part of where it is found. */
  readonly found: string
  readonly mop?: () => unknown
}

const LEAKS: Readonly<Record<string, Leak>> = {
  'a message to the other tabs': {
    by(value) {
      const { post, [Symbol.dispose]: close } = openChannel('news')
      post(value)
      close()
    },
    found: '.told',
  },
  'a message through a port': {
    by(value) {
      const { port1 } = new MessageChannel()
      port1.postMessage(value)
      port1.close()
    },
    found: '.told',
  },
  'the name of a lock': {
    by: (value) => navigator.locks.request(JSON.stringify(value), () => undefined),
    found: '.told',
  },
  'the history of the page': {
    by(value) {
      history.pushState(value, '')
      history.replaceState(null, '', '/')
    },
    found: '.told',
  },
  'the address of the page': {
    by: (value) => (location.hash = encodeURIComponent(JSON.stringify(value))),
    found: '.page.address',
    mop: () => history.replaceState(null, '', '/'),
  },
  'the console of the page': {
    by: (value) => console.debug(value),
    found: 'a line of the console',
  },
  'the name of an item': {
    by: (value) => localStorage.setItem(JSON.stringify(value), ''),
    found: '.page.items',
    mop: () => localStorage.clear(),
  },
  'the text of an item, where nothing is to be read': {
    by: (value) => localStorage.setItem('kept', btoa(JSON.stringify(value))),
    found: '.kept',
    mop: () => localStorage.clear(),
  },
}

/** Every way out that a page has is watched, or the walks of the stores would show little. */
export function registerLeaks({ describe, it }: SuiteRunner): void {
  describe('the walk of a store in a page', () => {
    for (const [name, leak] of Object.entries(LEAKS)) {
      it(`finds a secret in ${name}`, async () => {
        await rejects(walk(leak), (error) => {
          return error instanceof CanaryFoundError && error.findings.some(({ place }) => place.includes(leak.found))
        })
        leak.mop?.()
      })
    }
  })
}

function leaking({ by }: Leak): PagePlace {
  const store = memoryStore()
  let leaked = false
  return inPage((_, { stored }) => ({
    open: () => ({
      ...store,
      async write(key, value, options) {
        if (!leaked && JSON.stringify(value).includes('"refreshToken":"')) {
          leaked = true
          by(value)
        }
        return store.write(key, value, options)
      },
    }),
    visible: () => stored,
  }))
}

async function walk(leak: Leak): Promise<void> {
  const walks: (() => Promise<void>)[] = []
  describeCanaries(
    'a store that leaks',
    { createPlace: () => leaking(leak) },
    {
      describe: (_, body) => body(),
      it: (_, body) => walks.push(body),
    },
  )
  await walks[0]?.()
}
