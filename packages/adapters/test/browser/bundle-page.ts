import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const shim = (name: string): string => fileURLToPath(new URL(`shims/${name}.ts`, import.meta.url))

/** Makes one script of a program of `pages/`, for browsers. */
export async function bundlePage(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`pages/${name}.ts`, import.meta.url))],
    write: false,
    bundle: true,
    format: 'iife',
    target: 'chrome120',
    platform: 'browser',
    alias: { 'node:assert/strict': shim('assert'), 'node:util': shim('util') },
    // The fake's listener, which no page opens.
    external: ['node:http', '@hono/node-server', '@hono/node-server/*'],
    conditions: ['@evergrant/source', 'module', 'es2015'],
    // What applications that use Vue say of themselves; it warns in the console where they do not.
    define: {
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}
