import type { Io } from '../../io.ts'
import { FAQ } from '../../login/website.ts'
import { formatDuration } from '../../output/duration.ts'
import { failure, fine, note, type Finding } from '../finding.ts'
import type { Probe } from '../probe-server.ts'

export interface Reached {
  readonly server: string
  readonly probe: Probe
  /** Failed logins of late. */
  readonly failed: number
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const
const DNS: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])
const TLS = /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_|EPROTO/

/** Whether the server of tokens and API answers, and where it ends if not: name, connection, encryption, silence. */
export function checkReachability({ server, probe, failed }: Reached, env: Io['env']): readonly Finding[] {
  const proxies = checkProxy(env)
  if (probe.type === 'answered') {
    const { status, took } = probe
    return [
      fine('reachability', `${server} answers (HTTP ${status}, ${took} ms).`, { server, status, took }),
      ...proxies,
    ]
  }
  return [probe.type === 'silent' ? silence(server, probe.waited, failed) : unreachable(server, probe.code), ...proxies]
}

function silence(server: string, waited: number, failed: number): Finding {
  const facts = { server, waited, failedLogins: failed, blockSuspected: failed > 0 }
  const what = `${server} did not answer within ${formatDuration(waited)}`
  if (failed > 0) {
    return failure('reachability', 'blocked', {
      title: `${what}: this address is probably blocked.`,
      cause: 'Logins failed just before. After too many of them the server answers nothing at all for about 8 hours.',
      next: [
        'Stop everything that logs in from here, and wait up to 8 hours.',
        'Do not log in from elsewhere with the same credentials.',
      ],
      page: FAQ,
      facts,
    })
  }
  return failure('reachability', 'try-later', {
    title: `${what}.`,
    cause:
      'A firewall drops the request, the network is down, or this address is blocked: after too many failed logins the ' +
      'server is silent for about 8 hours, which looks just so.',
    next: [
      'Check that other websites open, and try without a VPN.',
      'Did logins fail before, here or in another program? Then wait 8 hours, and log in with nothing meanwhile.',
    ],
    page: FAQ,
    facts,
  })
}

function unreachable(server: string, code: string): Finding {
  const facts = { server, code }
  const { hostname } = new URL(server)
  if (DNS.has(code)) {
    return failure('reachability', 'try-later', {
      title: `The name ${hostname} cannot be found (${code}).`,
      cause: 'There is no network, the DNS server does not answer, or the address is mistyped in --base-url.',
      next: ['Check that other websites open.', `Run: nslookup ${hostname}`],
      facts,
    })
  }
  if (TLS.test(code)) {
    return failure('reachability', 'try-later', {
      title: `The connection to ${hostname} is not safe (${code}).`,
      cause:
        'A proxy or virus scanner opens the encryption with a certificate of its own, or the clock of this computer is far off.',
      next: [
        'Set the clock right.',
        "Behind a company's proxy: set NODE_EXTRA_CA_CERTS to the file of its certificate. Never switch the check off.",
      ],
      facts,
    })
  }
  return failure('reachability', 'try-later', {
    title: `${server} cannot be reached (${code}).`,
    cause: 'The network is down, or a firewall or proxy is in the way.',
    next: ['Check that other websites open.', 'Look for a VPN, a proxy or a firewall.'],
    facts,
  })
}

/** Node's fetch goes past a proxy that other programs use, unless it is told. */
function checkProxy(env: Io['env']): readonly Finding[] {
  const set = PROXIES.filter((name) => env[name])
  if (set.length === 0) return []
  const used = env['NODE_USE_ENV_PROXY'] === '1'
  return [
    note('reachability', {
      title: `${set.join(', ')} is set, and ${used ? 'used' : 'not used'} by Node.`,
      cause: used
        ? 'NODE_USE_ENV_PROXY is 1.'
        : 'Node goes past a proxy unless NODE_USE_ENV_PROXY is 1 (Node 24, or 22.21 and later).',
      next: used ? [] : ['Only a proxy leads out of this network? Then set NODE_USE_ENV_PROXY=1.'],
      facts: { proxies: set, used },
    }),
  ]
}
