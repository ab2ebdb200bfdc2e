import type { KeeperMetrics } from '../../metrics/keeper-metrics.ts'
import { jsonAnswer } from '../json-answer.ts'
import { Problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'

export interface ServiceRouteParts {
  readonly metrics: KeeperMetrics
  readonly openMetrics: boolean
  readonly draining: () => boolean
  /** Resolves if the store answers in time. */
  readonly checkStore: () => Promise<void>
}

/** What load balancers and monitoring ask. */
export function serviceRoutes({ metrics, openMetrics, draining, checkStore }: ServiceRouteParts): readonly Route[] {
  const alive = defineRoute({
    method: 'get',
    path: '/healthz',
    access: 'open',
    summary: 'Whether the process is alive',
    answers: { 200: { description: 'It is' } },
    answer: () => jsonAnswer({ status: 'alive' }),
  })

  const ready = defineRoute({
    method: 'get',
    path: '/readyz',
    access: 'open',
    summary: 'Whether requests should be sent here',
    answers: { 200: { description: 'They should' } },
    async answer() {
      if (draining()) throw new Problem('draining')
      await checkStore()
      return jsonAnswer({ status: 'ready' })
    },
  })

  const measured = defineRoute({
    method: 'get',
    path: '/metrics',
    access: openMetrics ? 'open' : ['metrics', 'admin'],
    summary: 'Metrics in the text format of Prometheus',
    answers: { 200: { description: 'The metrics', type: 'text/plain' } },
    async answer() {
      const text = await metrics.text()
      return new Response(text, { headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' } })
    },
  })

  return [alive, ready, measured]
}
