import { chromium, type Browser } from 'playwright-core'
import { chromiumExecutable } from './executable.ts'

/** As root, without a network beyond loopback, and without what a browser does for itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  // A name that leads here and is, unlike this machine's own, no secure context without TLS.
  '--host-resolver-rules=MAP insecure.test 127.0.0.1',
]

/** Starts a headless Chromium; disposing it ends it. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: await chromiumExecutable(), headless: true, args: FLAGS })
}
