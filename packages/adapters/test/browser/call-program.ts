import type { Frame, Page } from 'playwright-core'

export type Calls = Readonly<Record<string, (...parameters: never[]) => unknown>>

/** Calls one function of the program that a page or a frame runs; all that goes in and out is JSON. */
export type Caller<Program extends Calls> = <Name extends keyof Program>(
  name: Name,
  ...parameters: Parameters<Program[Name]>
) => Promise<Awaited<ReturnType<Program[Name]>>>

export function callerOf<Program extends Calls>(place: Page | Frame): Caller<Program> {
  return (name, ...parameters) =>
    place.evaluate(
      ([called, given]) => {
        const { program } = globalThis as unknown as { program: Record<string, (...all: unknown[]) => unknown> }
        return program[called as string]?.(...(given as unknown[]))
      },
      [name, parameters] as const,
    ) as Promise<Awaited<ReturnType<Program[typeof name]>>>
}
