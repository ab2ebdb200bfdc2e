/**
 * A secret as an argument of a command. node-redis tells the arguments of scripts as text to whoever traces commands (its
 * diagnostics channel, and so OpenTelemetry); this one is told as `?`.
 */
export function untold(text: string): Buffer {
  return Object.defineProperty(Buffer.from(text), 'toString', { value: () => '?' })
}
