// Runs a bundled worker once in workerd, and says what it answers.
import { Miniflare } from 'miniflare'

const worker = new Miniflare({
  modules: true,
  scriptPath: process.argv[2],
  compatibilityDate: '2026-06-01',
  // For the test kit alone, whose listener asks for some of Node and is not called.
  compatibilityFlags: ['nodejs_compat'],
})
try {
  const answer = await worker.dispatchFetch('http://localhost/')
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  console.log(text)
} finally {
  await worker.dispose()
}
