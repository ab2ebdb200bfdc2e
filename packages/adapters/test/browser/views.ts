import { describeUiContract } from '@evergrant/testing'
import { reactView } from '../ui/react-view.ts'
import { solidView } from '../ui/solid-view.ts'
import { vueView } from '../ui/vue-view.ts'
import type { SuiteRunner } from './suites.ts'

/** The bindings that run in a page as they are; those of Svelte and Angular need a compiler first. */
export function registerViews(runner: SuiteRunner): void {
  describeUiContract('react', reactView, runner)
  describeUiContract('vue', vueView, runner)
  describeUiContract('solid', solidView, runner)
}
