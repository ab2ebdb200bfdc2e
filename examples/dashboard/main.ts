import { serveLab } from './serve.ts'

// The whole program: node --conditions=@evergrant/source examples/dashboard/main.ts
await using lab = await serveLab()
console.log(`The lab is at ${lab.url}  Ctrl-C ends it.`)
await new Promise<void>((resolve) => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve())
})
