/** As much as is needed here of a place in the syntax tree, as Babel has it. */
interface Place {
  readonly node: { readonly type: string; readonly expressions?: readonly { readonly type: string }[] }
  readonly parentPath: Place | null
  readonly key: string | number | null
  readonly parent?: {
    readonly type: string
    readonly key?: { readonly name?: string }
    readonly id?: { readonly name?: string }
    readonly callee?: { readonly name?: string }
  }
}

const REASON = 'Words for people: the tests say that they are there, not what they are'
const WORDY_PROPERTIES: ReadonlySet<string | undefined> = new Set(['message', 'help'])
const WORDY_TABLES: ReadonlySet<string | undefined> = new Set(['MESSAGES', 'HELP', 'FAILURE_HELP'])

/** Texts of messages and help lines. What is decided about them, and every other string, is mutated as all code is. */
function shouldIgnore(place: Place): string | undefined {
  return isText(place.node) && isForPeople(place) ? REASON : undefined
}

function isText({ type, expressions = [] }: Place['node']): boolean {
  return (
    type === 'StringLiteral' ||
    (type === 'TemplateLiteral' && expressions.every((inner) => inner.type === 'Identifier'))
  )
}

function isForPeople({ parent, parentPath, key }: Place): boolean {
  if (parent === undefined || parentPath === null) return false
  switch (parent.type) {
    case 'ObjectProperty':
      return WORDY_PROPERTIES.has(parent.key?.name) || isForPeople(parentPath)
    case 'VariableDeclarator':
      return WORDY_TABLES.has(parent.id?.name)
    case 'CallExpression':
      // invalidOptions(option, problem, help)
      return parent.callee?.name === 'invalidOptions' && key !== 0
    case 'NewExpression':
      return parent.callee?.name === 'Error'
    case 'ObjectExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'BinaryExpression':
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'TemplateLiteral':
      return isForPeople(parentPath)
    default:
      return false
  }
}

export const strykerPlugins = [{ kind: 'Ignore', name: 'words-for-people', value: { shouldIgnore } }]
