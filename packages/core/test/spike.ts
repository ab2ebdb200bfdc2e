import { createSession, systemClock } from '@evergrant/core'
const provider = { issuer: 'https://x', async requestToken() { return { accessToken: 'at', expiresIn: 900 } } }
const s = createSession({ provider, credentials: { clientSecret: 'cs', refreshToken: 'rt' } })
await s.getToken()
async function fl(){return 'x'}; const M=3e6
for(let r=0;r<3;r++){let t=process.hrtime.bigint(); for(let i=0;i<M;i++) await fl(); console.log('async const',Number(process.hrtime.bigint()-t)/M)
t=process.hrtime.bigint(); for(let i=0;i<M;i++) await s.getToken(); console.log('getToken',Number(process.hrtime.bigint()-t)/M)
t=process.hrtime.bigint(); for(let i=0;i<M;i++) s.peekToken(); console.log('peek',Number(process.hrtime.bigint()-t)/M)}
await s.dispose()
gc!(); const h0=process.memoryUsage().heapUsed; const all=[]; let t=process.hrtime.bigint()
for(let i=0;i<10000;i++) all.push(createSession({ provider, credentials: { clientSecret: 'cs', refreshToken: 'rt' } }))
console.log('construct us', Number(process.hrtime.bigint()-t)/1e3/10000)
gc!(); console.log('constructed B', (process.memoryUsage().heapUsed-h0)/10000)
await Promise.all(all.map(x=>x.getToken())); gc!(); console.log('logged in B', (process.memoryUsage().heapUsed-h0)/10000)
console.log(process.getActiveResourcesInfo())
