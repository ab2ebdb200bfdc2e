// Where there is a disk: the same walk, with what is kept in a file.
import { rmSync } from 'node:fs'
import { fileStore } from '@evergrant/adapters/file'
import { walk } from './walk.mjs'

console.log(await walk({ store: fileStore('.secrets'), sharing: 'host' }))
rmSync('.secrets', { force: true })
