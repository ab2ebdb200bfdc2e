/** For `expect.poll` of what another process does: far above what it takes, also on a busy machine. In ms. */
export const PATIENT = { timeout: 20_000, interval: 20 }
