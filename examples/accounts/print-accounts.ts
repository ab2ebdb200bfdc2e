import type { TastytradeClient } from '@evergrant/adapters/tastytrade'
import type { Account, Answer, Balances, Customer, HeldAccount, Items, Position } from './answers.ts'

/** The API client that `createTastytrade()` gives: ky, with the token on every request. */
export type Api = TastytradeClient['api']

/** Prints the customer, the accounts, and what is in them. The first call fetches the token; the others share it. */
export async function printAccounts(api: Api, print: (line: string) => void): Promise<void> {
  const { data: customer } = await api.get('customers/me').json<Answer<Customer>>()
  const { data: accounts } = await api.get('customers/me/accounts').json<Answer<Items<HeldAccount>>>()
  print(`${customer['first-name']} ${customer['last-name']} <${customer.email}>`)
  print(accounts.items.length === 1 ? '1 account' : `${accounts.items.length} accounts`)

  for (const { account, 'authority-level': authority } of accounts.items) {
    const path = `accounts/${account['account-number']}`
    const [balances, positions] = await Promise.all([
      api.get(`${path}/balances`).json<Answer<Balances>>(),
      api.get(`${path}/positions`).json<Answer<Items<Position>>>(),
    ])
    print('')
    print(heading(account, authority))
    for (const line of balanceLines(balances.data)) print(`  ${line}`)
    for (const line of positionLines(positions.data.items)) print(`  ${line}`)
  }
}

function heading(account: Account, authority: string): string {
  const { 'account-number': number, 'account-type-name': type, nickname, 'margin-or-cash': kind } = account
  const name = nickname === type ? type : `${nickname} (${type})`
  return `${number}  ${name}, ${kind.toLowerCase()}, ${authority}`
}

function balanceLines(balances: Balances): string[] {
  const rows: [string, string][] = [
    ['Net liquidating value', balances['net-liquidating-value']],
    ['Cash balance', balances['cash-balance']],
    ['Equity buying power', balances['equity-buying-power']],
    ['Derivative buying power', balances['derivative-buying-power']],
  ]
  return rows.map(([name, amount]) => `${name.padEnd(24)}${money(amount).padStart(16)} ${balances.currency}`)
}

function positionLines(positions: readonly Position[]): string[] {
  if (positions.length === 0) return ['No positions']
  const rows = positions.map((position) => [
    position.symbol,
    position['instrument-type'],
    `${position.quantity} ${position['quantity-direction'].toLowerCase()}`,
    money(position['average-open-price']),
    money(position['close-price']),
  ])
  return table([['Position', 'Type', 'Quantity', 'Opened at', 'Last close'], ...rows])
}

/** Texts on the left, numbers on the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const place = (cell: string, column: number): string =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(place).join('  '))
}

const AMOUNT = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

function money(amount: string): string {
  return AMOUNT.format(Number(amount))
}
