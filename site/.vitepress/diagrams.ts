import { renderMermaidSVG } from 'beautiful-mermaid'
import type { MarkdownRenderer } from 'vitepress'

/** Close together, so that it can be read without being moved about. Its colours are those of the theme: see style.css. */
const LOOK = {
  bg: 'var(--vp-c-bg)',
  fg: 'var(--vp-c-text-1)',
  transparent: true,
  nodeSpacing: 14,
  layerSpacing: 20,
  padding: 8,
}

// Several pages show the same machine, and laying it out takes a second.
const drawn = new Map<string, string>()

/** Draws ```mermaid blocks while the site is built: readers load a picture, and no library that draws it. */
export function drawDiagrams(markdown: MarkdownRenderer): void {
  const { fence } = markdown.renderer.rules
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info = '', content = '' } = tokens[index] ?? {}
    if (info.trim() !== 'mermaid') return fence?.(tokens, index, options, env, self) ?? ''
    const picture = drawn.get(content) ?? draw(content)
    drawn.set(content, picture)
    return picture
  }
}

const NOTE = /^ +note right of (\w+): (.+)\n?/gm
const LABEL = /^( +\w+ --> \w+: )(.+)$/gm

/** What the library does not draw, notes, stands below; one happening stands below another, to keep the picture narrow. */
function draw(content: string): string {
  const notes = [...content.matchAll(NOTE)].map(([, state, text]) => `<code>${state}</code>: ${text}.`)
  const narrow = content
    .replaceAll(NOTE, '')
    .replaceAll(
      LABEL,
      (_, edge: string, label: string) => edge + label.replaceAll(' (token alive)', '*').replaceAll(', ', '<br>'),
    )
  if (narrow.includes('*<br>')) notes.push('* with a living token.')
  // Vue drops a style element, and no font is loaded from elsewhere.
  const svg = renderMermaidSVG(narrow, LOOK).replaceAll(/<style>.*?<\/style>/gs, '')
  const frame = `<div class="diagram-frame" tabindex="0" role="img" aria-label="The state diagram">${svg}</div>`
  return `<figure class="diagram" v-pre>${frame}<figcaption>${notes.join(' ')}</figcaption></figure>`
}
