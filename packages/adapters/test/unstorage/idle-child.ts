// Stores, reads and watches in files, leaves everything open, and ends by itself: says what it did.
import { createStorage } from 'unstorage'
import fs from 'unstorage/drivers/fs'
import { unstorageStore } from '../../src/unstorage.ts'

const [base = '', watchDriver = ''] = process.argv.slice(2)
const driver = fs({ base, watchOptions: { persistent: false } })
const store = unstorageStore(createStorage({ driver }), { watchDriver: watchDriver === 'true' })
const told = new Promise<void>((resolve) => void store.watch?.('grant/default', resolve))
await store.write('grant/default', 1)
await told
await store.lease('grant/default', { ttl: 60_000, signal: new AbortController().signal })
console.log(JSON.stringify((await store.read('grant/default'))?.value))
