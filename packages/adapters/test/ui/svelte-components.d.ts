declare module '*.svelte' {
  import type { Component } from 'svelte'

  const View: Component
  export { View as default }
}
