import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress'

const ROOT = join(import.meta.dirname, '../..')

type Token = ReturnType<MarkdownRenderer['parse']>[number]

/**
 * The documents link to each other and to files of the repository, by relative paths. A link to a page becomes one from the root of
 * the site, because the home page is not where its file lies. The site carries no sources: a link to one becomes its text.
 * What leads nowhere stays as it is, so that the build ends with it.
 */
export function linksOfTheRepository(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links-of-the-repository', ({ tokens, env }: { tokens: Token[]; env: MarkdownEnv }) => {
    const folder = dirname(env.realPath ?? env.path)
    for (const token of tokens) if (token.children !== null) token.children = relinked(token.children, folder)
  })
}

function relinked(tokens: readonly Token[], folder: string): Token[] {
  let dropped = 0
  return tokens.filter((token) => {
    if (token.type === 'link_close' && dropped > 0) {
      dropped -= 1
      return false
    }
    if (token.type !== 'link_open') return true
    const href = String(token.attrGet('href'))
    const target = targetOf(href, folder)
    if (target === null) return true
    if (!target.endsWith('.md')) {
      dropped += 1
      return false
    }
    token.attrSet('href', `/${target}${href.slice(pathOf(href).length)}`)
    return true
  })
}

/** The file behind a relative link, from the root of the repository; `null` if it is no such link, or leads nowhere. */
function targetOf(href: string, folder: string): string | null {
  const path = pathOf(href)
  if (path === '' || path.startsWith('/') || /^[a-z]+:/i.test(path)) return null
  const file = resolve(folder, decodeURI(path))
  return existsSync(file) ? relative(ROOT, file) : null
}

const pathOf = (href: string): string => href.replace(/[#?].*$/, '')
