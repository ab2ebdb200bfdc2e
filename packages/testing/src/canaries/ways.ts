/** The last step on the way to something that can be read of a value. */
export interface Way {
  /** All the steps before; `null`: this is the first. */
  readonly from: Way | null
  readonly to: PropertyKey
  /** To the value of a property, to the name of one, or to what something else makes of the value. */
  readonly kind: 'key' | 'name' | 'view'
}

/** E.g. `.cause.config["body"]`. A text of its own only where something is found, for there are many ways. */
export function placeOf(way: Way): string {
  const steps: string[] = []
  for (let at: Way | null = way; at !== null; at = at.from) {
    steps.push(at.kind === 'view' ? String(at.to) : stepTo(at.to))
  }
  return `${way.kind === 'name' ? 'the name of ' : ''}${steps.toReversed().join('')}`
}

function stepTo(key: PropertyKey): string {
  return typeof key === 'string' && /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(String(key))}]`
}
