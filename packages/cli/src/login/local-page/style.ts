import { createHash } from 'node:crypto'

/**
 * Part of each page, so that it needs nothing else: the last one is looked at when the server is gone. Contrast of text is
 * 7:1 or more.
 */
const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f6f8, #14181d);
  --sheet: light-dark(#ffffff, #1d232a);
  --ink: light-dark(#17202a, #eef2f5);
  --soft: light-dark(#46525e, #b4c0cb);
  --line: light-dark(#7d8894, #7f8b97);
  --accent: light-dark(#0b5a42, #6fe0b4);
  --on-accent: light-dark(#ffffff, #0c1f18);
  --warn: light-dark(#7a2e00, #ffc9a3);
  --warn-ground: light-dark(#fff3ea, #33241a);
}
* { box-sizing: border-box; }
body {
  margin: 0;
  padding: 1.5rem 1rem 3rem;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
}
main {
  max-width: 34rem;
  margin: 0 auto;
  padding: 1.75rem;
  background: var(--sheet);
  border-radius: 0.75rem;
  border: 1px solid color-mix(in srgb, var(--line) 40%, transparent);
}
header { max-width: 34rem; margin: 0 auto 1rem; color: var(--soft); font-size: 0.9rem; }
h1 { margin: 0 0 0.75rem; font-size: 1.5rem; line-height: 1.25; }
p, ol, ul { margin: 0 0 1rem; }
ol, ul { padding-left: 1.4rem; }
li { margin-bottom: 0.35rem; }
label, legend { display: block; font-weight: 600; margin-bottom: 0.25rem; padding: 0; }
.hint { color: var(--soft); font-size: 0.9rem; margin: 0.25rem 0 1.25rem; }
input[type="text"], input[type="password"] {
  width: 100%;
  padding: 0.65rem 0.75rem;
  font: inherit;
  color: inherit;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: 0.4rem;
}
fieldset { border: 0; margin: 0 0 1.25rem; padding: 0; }
.choice { display: flex; gap: 0.6rem; align-items: flex-start; font-weight: 400; padding: 0.35rem 0; }
.choice input { margin: 0.3rem 0 0; width: 1.1rem; height: 1.1rem; accent-color: var(--accent); flex: none; }
.choice .hint { display: block; margin: 0; }
button {
  width: 100%;
  padding: 0.8rem 1rem;
  font: inherit;
  font-weight: 600;
  color: var(--on-accent);
  background: var(--accent);
  border: 1px solid var(--accent);
  border-radius: 0.4rem;
  cursor: pointer;
}
button.quiet { color: var(--accent); background: transparent; margin-top: 0.75rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.warn {
  padding: 0.75rem 1rem;
  color: var(--warn);
  background: var(--warn-ground);
  border-left: 4px solid currentColor;
  border-radius: 0.25rem;
}
code, .secret { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.secret { padding: 0.75rem; background: var(--ground); border: 1px dashed var(--line); border-radius: 0.4rem; user-select: all; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 1rem; margin: 0 0 1.25rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
main > .hint:last-child { margin-top: 1rem; }
main > :last-child { margin-bottom: 0; }
@media (max-width: 30rem) {
  body { padding: 0.75rem 0.5rem 2rem; }
  main { padding: 1.25rem 1rem; }
}
`

/** The whole element, since a space more in it would be another style to the browser. */
export const STYLE_ELEMENT = `<style>${STYLE}</style>`

/** Lets in this style, and no other (CSP level 3, `style-src`). */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`
