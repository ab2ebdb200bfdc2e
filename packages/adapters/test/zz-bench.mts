import http from 'node:http'
import ky from 'ky'
import { bearer } from '../src/ky.ts'
import { bearerFetch } from '../src/fetch.ts'
import { fakeSession } from './support/fake-session.ts'
const { fork } = await import('node:child_process')
if (process.argv[2] === 'server') {
  const s = http.createServer((q, r) => { r.setHeader('content-type','application/json'); r.end('{"a":1}') })
  s.listen(0, '127.0.0.1', () => process.send!((s.address() as any).port))
} else {
  const child = fork(import.meta.filename, ['server'], { execArgv: process.execArgv })
  const port = await new Promise((r) => child.once('message', r))
  const url = `http://127.0.0.1:${port}`
  const session = fakeSession({ apiBaseUrl: url })
  const token = 'Bearer token-1'
  const bareKy = ky.extend({ prefix: url, headers: { authorization: token } })
  const ourKy = ky.extend(bearer(session)).extend({ prefix: url })
  const hookKy = ky.extend({ prefix: url, hooks: { beforeRequest: [({ request }) => { request.headers.set('authorization', token) }] } })
  const ours = bearerFetch(session)
  const variants: Record<string, () => Promise<unknown>> = {
    ky: () => bareKy.get('a').then((r) => r.text()),
    kyBearer: () => ourKy.get('a').then((r) => r.text()),
    kyHook: () => hookKy.get('a').then((r) => r.text()),
    fetch: () => fetch(`${url}/a`, { headers: { authorization: token } }).then((r) => r.text()),
    fetchBearer: () => ours(`${url}/a`).then((r) => r.text()),
    fetch3: () => fetch(`${url}/a`, { headers: { authorization: token, a: '1', b: '2' } }).then((r) => r.text()),
    fetch3Bearer: () => ours(`${url}/a`, { headers: { a: '1', b: '2' } }).then((r) => r.text()),
  }
  const times: Record<string, number[]> = {}
  for (let i = 0; i < 400; i++) for (const v of Object.values(variants)) await v()
  for (let round = 0; round < 2500; round++) for (const [name, v] of Object.entries(variants)) {
    const t = process.hrtime.bigint(); await v(); (times[name] ??= []).push(Number(process.hrtime.bigint() - t) / 1000)
  }
  const med = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1]!
  const m = Object.fromEntries(Object.entries(times).map(([k, a]) => [k, med(a)]))
  console.log(m, 'ky', (m.kyBearer! / m.ky!).toFixed(3), 'hook', (m.kyHook! / m.ky!).toFixed(3), 'fetch', (m.fetchBearer! / m.fetch!).toFixed(3), 'fetch3', (m.fetch3Bearer! / m.fetch3!).toFixed(3))
  child.kill()
}
