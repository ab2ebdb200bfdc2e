import { memoryStore, systemClock } from '@evergrant/core'
import { createLifecycle } from '../src/session-actors.ts'
import { createTimeline } from '../src/timeline.ts'
import { createCallers } from '../src/callers.ts'
import { createBroadcast } from '../src/broadcast.ts'
import { combineSources } from '../src/sources.ts'
import { accessToken } from '../src/token.ts'
const N=10000
function m(name, f){ f(); gc!(); gc!(); const h0=process.memoryUsage().heapUsed; const a=new Array(N); const t=process.hrtime.bigint(); for(let i=0;i<N;i++) a[i]=f(); const us=Number(process.hrtime.bigint()-t)/1e3/N; gc!(); gc!(); console.log(name, Math.round((process.memoryUsage().heapUsed-h0)/N-8),'B', us.toFixed(1),'us'); return a }
m('memoryStore',()=>memoryStore())
m('timeline',()=>createTimeline(systemClock))
const tl=createTimeline(systemClock)
m('callers',()=>createCallers(tl,()=>null as never))
m('broadcast x3',()=>[createBroadcast(()=>{}),createBroadcast(()=>{}),createBroadcast(()=>{})])
m('sources',()=>combineSources({clientSecret:'a',refreshToken:'b'},'x'))
const work={ alarm:(at,run)=>systemClock.alarm(systemClock.monotonic()+1e6,()=>run(0)), exchange:()=>new Promise(()=>{}), probe:()=>new Promise(()=>{}) } as never
m('actor',()=>createLifecycle(work))
m('actor started',()=>{const a=createLifecycle(work); a.start(); return a})
const tok=accessToken({value:'x',generation:1,issuedAt:0,expiresAt:1e15})
m('actor valid',()=>{const a=createLifecycle(work); a.start(); a.send({type:'ADOPTED',token:tok,refreshAt:1e15,mandatoryAt:1e15}); return a})
m('actor valid+sub',()=>{const a=createLifecycle(work); a.subscribe(()=>{}); a.start(); a.send({type:'ADOPTED',token:tok,refreshAt:1e15,mandatoryAt:1e15}); return a})
m('alarm',()=>systemClock.alarm(systemClock.monotonic()+1e6,()=>{}))
const st = m('store w/ entries',()=>memoryStore())
process.exit()
