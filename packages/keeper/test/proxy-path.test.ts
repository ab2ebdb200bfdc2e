import { describe, expect, it } from 'vitest'
import { proxyTarget } from '../src/proxy/proxy-path.ts'

const BASE = 'https://api.test'
const BELOW = 'https://api.test/v2'

describe('the path of a request that is passed on', () => {
  it.each([
    '/accounts/5WT00001/balances',
    '/accounts/',
    '/',
    '/instruments/equities/BRK%2FB',
    '/option-chains/SPX%20W/nested',
    '/search?q=a%20b&q=c',
    '/search?quote=%27x%27',
    "/search?quote='x'",
    '/search?url=https://elsewhere.test/../x',
    '/a;b=c/d,e:f@g',
    '/a?b?c',
  ])('%s stays below the base', (path) => {
    for (const base of [BASE, BELOW]) {
      const target = proxyTarget(base, path)
      expect(target?.startsWith(`${base}/`)).toBe(true)
    }
  })

  it.each([
    '',
    'accounts',
    '@elsewhere.test/x',
    ':80/x',
    '.elsewhere.test/x',
    '//elsewhere.test/x',
    '/a//b',
    '/..',
    '/../x',
    '/a/../../x',
    '/a/..',
    '/./x',
    '/%2e%2e/x',
    '/%2E%2E%2Fx',
    '/.%2e/x',
    '/a/%2e/b',
    '/..%2fx',
    '/a%2f..%2f..%2fx',
    '/%2f%2felsewhere.test',
    '/%2felsewhere.test',
    '/..%5cx',
    '/\\elsewhere.test',
    '/a\\..\\b',
    '/%5c%5celsewhere.test',
    '/%252e%252e/x',
    '/%25%32%65/x',
    '/..;/x',
    '/..;a=b/x',
    '/a%00b',
    '/a%0d%0aHost:%20elsewhere.test',
    '/a\r\nHost: elsewhere.test',
    '/a?b=%0d%0ac',
    '/a?b=%00',
    '/a#b',
    '/a?b#c',
    '/a b',
    '/a\tb',
    '/%',
    '/%zz',
    '/%ff',
    '/%c0%ae%c0%ae/x',
    '/\u{ff0e}\u{ff0e}/x',
    '/ä',
    '/a"b',
    '/a<b>',
    '/a|b',
    '/a^b',
    '/a`b',
    '/a{b}',
  ])('%j is refused', (path) => {
    for (const base of [BASE, BELOW]) expect(proxyTarget(base, path)).toBeNull()
  })
})
