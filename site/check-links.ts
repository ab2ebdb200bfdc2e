import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const DIST = join(import.meta.dirname, 'dist')

/** Every link of the built site that leads to no page or to no place on one, as `page → link`. */
export function brokenLinks(): readonly string[] {
  const pages = new Map(
    globSync('**/*.html', { cwd: DIST }).map((page) => [page, readFileSync(join(DIST, page), 'utf8')]),
  )
  const places = new Map([...pages].map(([page, text]) => [page, new Set(attributes(text, 'id'))]))
  const broken = [...pages].flatMap(([page, text]) =>
    attributes(text, 'href')
      .filter((href) => {
        const [path = '', anchor] = href.split('#').map(decodeURIComponent)
        if (/^[a-z]+:/i.test(path) || (existsSync(join(DIST, path)) && path.includes('.'))) return false
        const there = places.get(path === '' ? page : pageOf(path, page))
        return there === undefined || (anchor !== undefined && anchor !== '' && !there.has(anchor))
      })
      .map((href) => `${page} → ${href}`),
  )
  return [...new Set(broken)]
}

/** The file behind a path of the site, whose addresses have no ending. */
function pageOf(path: string, from: string): string {
  const whole = path.startsWith('/') ? path.slice(1) : join(dirname(from), path)
  return whole === '' || whole.endsWith('/') ? `${whole}index.html` : `${whole}.html`
}

function attributes(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value)
}
