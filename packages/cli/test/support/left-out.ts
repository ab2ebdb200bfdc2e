/**
 * What tests need of this machine; `null` where it is not to be had, and then it is said which tests are left out. Under `CI=true`
 * that is a failure.
 */
export async function unlessLeftOut<T>(tests: string, how: string, get: () => Promise<T>): Promise<T | null> {
  try {
    return await get()
  } catch (cause) {
    const [why = ''] = String(cause).split('\n', 1)
    console.error(`LEFT OUT: the tests with ${tests}. ${how} (${why})`)
    if (process.env['CI'] === 'true') throw new Error('Tests would be left out, and CI=true.', { cause })
    return null
  }
}
