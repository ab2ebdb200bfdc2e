import { testLifecycle, type LifecycleOptions } from '@evergrant/testing'

/** Runs the suite by hand, up to the first case that fails with such a message; gives that, or `null` if none does. */
export async function failureSaying(
  said: RegExp,
  options: Omit<LifecycleOptions, 'describe' | 'it'>,
): Promise<string | null> {
  const cases: (() => Promise<void>)[] = []
  testLifecycle({ ...options, describe: (_, body) => body(), it: (_, body) => void cases.push(body) })
  for (const body of cases) {
    const message = await failureOf(body)
    if (message !== null && said.test(message)) return message
  }
  return null
}

async function failureOf(body: () => Promise<void>): Promise<string | null> {
  try {
    await body()
    return null
  } catch (error) {
    return (error as Error).message
  }
}
