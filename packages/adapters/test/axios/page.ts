import { createSession, isForeignOrigin } from '@evergrant/core'
import axios, { isAxiosError, isCancel } from 'axios'
import { bearer } from '../../src/axios.ts'

/** What a program in a page sees of axios with a session whose first token the API refuses. */
async function callFromPage(): Promise<Readonly<Record<string, unknown>>> {
  let issued = 0
  const session = createSession({
    provider: {
      issuer: 'the page',
      apiBaseUrl: location.origin,
      requestToken() {
        issued += 1
        return Promise.resolve({ accessToken: `page-token-${issued}`, expiresIn: 900 })
      },
    },
    credentials: { refreshToken: 'made-up-refresh', clientSecret: 'made-up-secret' },
    policy: { floor: 0 },
  })
  const api = axios.create({ ...bearer(session), baseURL: location.origin })
  const controller = new AbortController()
  const form = new FormData()
  form.set('a', new Blob(['content']), 'name.txt')

  const [put, get] = await Promise.all([api.put<unknown>('/put', { a: 1 }), api.get<unknown>('/get')])
  const posted = await api.post<unknown>('/form', form)
  const failed = await api.get('/500').catch((error: unknown) => error)
  const late = await api.get('/silence', { timeout: 50 }).catch((error: unknown) => error)
  const aborted = api.get('/silence', { signal: controller.signal }).catch((error: unknown) => error)
  controller.abort()
  const foreign = await api.get('http://localhost:1/').catch((error: unknown) => error)
  return {
    put: put.data,
    get: get.data,
    posted: posted.data,
    failed: isAxiosError(failed) && failed.status,
    shown: JSON.stringify(failed).includes('page-token'),
    late: isAxiosError(late) && late.code,
    aborted: isCancel(await aborted),
    foreign: isForeignOrigin(foreign),
    issued,
  }
}

Object.assign(globalThis, { callFromPage })
