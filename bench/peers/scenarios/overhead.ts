import { get } from 'node:http'
import axios from 'axios'
import ky from 'ky'
import type { Peer } from '../clients/client.ts'
import { served, type Scenario } from './scenario.ts'

const SAMPLES = 1_500

/** The same request by the HTTP client alone, that a library brings or is used with. */
const BARE: Readonly<Record<Peer['over'], (url: string, authorization: string) => Promise<unknown>>> = {
  fetch: async (url, authorization) => (await fetch(url, { headers: { authorization } })).arrayBuffer(),
  gaxios: async (url, authorization) => (await fetch(url, { headers: { authorization } })).arrayBuffer(),
  ky: async (url, authorization) => (await ky(url, { headers: { authorization } })).arrayBuffer(),
  axios: (url, authorization) => axios.get(url, { headers: { authorization } }),
  'node:http': (url, authorization) =>
    new Promise((resolve, reject) => {
      get(url, { headers: { authorization } }, (response) => response.resume().once('end', resolve)).once(
        'error',
        reject,
      )
    }),
}

export const overhead: Scenario = {
  name: 'overhead',
  title: 'What a request costs more',
  about:
    'Requests to an API on loopback, one after the other, with a token in hand; samples alternate with the same request by the HTTP client alone and by bare fetch. Medians.',
  columns: [
    { of: 'own', heading: '× its HTTP client alone', digits: 2 },
    { of: 'fetch', heading: '× bare fetch', digits: 2 },
    { of: 'us', heading: 'µs' },
  ],
  rounds: 3,
  atOnce: 1,
  async run({ rig, peer, open, quick }) {
    const client = await open()
    await served(client)
    const url = `${rig.url}/data`
    const authorization = `Bearer ${await client.token()}`
    const calls = {
      mine: () => client.request(),
      own: () => BARE[peer.over](url, authorization),
      fetch: () => BARE.fetch(url, authorization),
    }
    const times: Record<keyof typeof calls, number[]> = { mine: [], own: [], fetch: [] }
    const names = Object.keys(calls) as (keyof typeof calls)[]
    const samples = quick ? 50 : SAMPLES
    for (let sample = -samples / 5; sample < samples; sample += 1) {
      for (const name of sample % 2 === 0 ? names : names.toReversed()) {
        const begun = performance.now()
        await calls[name]()
        if (sample >= 0) times[name].push((performance.now() - begun) * 1_000)
      }
    }
    const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
    const us = median(times.mine)
    return { own: us / median(times.own), fetch: us / median(times.fetch), us }
  },
}
