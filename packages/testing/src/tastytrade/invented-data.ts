import type { FakeGrant } from './grants.ts'

/** JSON in the shapes of docs/protocol.md#api-shapes: dasherized keys, amounts as texts. Every value is invented. */
type Data = Readonly<Record<string, unknown>>

const OPENED = '2021-04-01T13:00:00.000+00:00'

/** `2026-03-02T14:30:00.000+00:00` */
function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '+00:00')
}

export function customer(): Data {
  return {
    id: 'me',
    'first-name': 'Ada',
    'last-name': 'Example',
    email: 'ada@example.invalid',
    'mobile-phone-number': '5550100',
    'birth-date': '1990-05-17',
    'is-foreign': false,
    'is-professional': false,
    'has-delayed-quotes': false,
    'has-industry-affiliation': false,
    'has-listed-affiliation': false,
    'has-political-affiliation': false,
    'has-pending-or-approved-application': true,
    'agreed-to-margining': true,
    'created-at': OPENED,
    address: {
      'street-one': '12 Sample Street',
      city: 'Springfield',
      'state-region': 'IL',
      'postal-code': '60601',
      country: 'USA',
      'is-domestic': true,
      'is-foreign': false,
    },
    // Snake case here, as in the real answer.
    'permitted-account-types': [
      {
        name: 'Individual',
        description: 'A single account owner',
        is_tax_advantaged: false,
        has_multiple_owners: false,
        is_publicly_available: true,
        margin_types: [{ name: 'Margin', is_margin: true }],
      },
    ],
  }
}

export function accounts(grant: FakeGrant): readonly Data[] {
  return grant.accountNumbers.map((number, index) => ({
    account: {
      'account-number': number,
      'account-type-name': 'Individual',
      nickname: index === 0 ? 'Individual' : `Individual ${index + 1}`,
      'margin-or-cash': 'Margin',
      'created-at': OPENED,
      'opened-at': OPENED,
      'day-trader-status': false,
      'investment-objective': 'SPECULATION',
      'is-closed': false,
      'is-firm-error': false,
      'is-firm-proprietary': false,
      'is-foreign': false,
      'is-futures-approved': false,
      'suitable-options-level': 'No Restrictions',
    },
    'authority-level': 'owner',
  }))
}

// Each account has sums of its own, so that a mix-up shows.
function cash(accountNumber: string): number {
  return 10_000 + Number(accountNumber.slice(-5)) * 250
}

export function balances(accountNumber: string, now: number): Data {
  const held = cash(accountNumber)
  return {
    'account-number': accountNumber,
    currency: 'USD',
    'cash-balance': held.toFixed(1),
    'net-liquidating-value': (held + 1_912.5).toFixed(2),
    'equity-buying-power': (held * 2).toFixed(1),
    'derivative-buying-power': held.toFixed(1),
    'day-trading-buying-power': '0.0',
    'maintenance-requirement': '0.0',
    'maintenance-excess': held.toFixed(1),
    'pending-cash': '0.0',
    'pending-cash-effect': 'None',
    'snapshot-date': timestamp(now).slice(0, 10),
    'updated-at': timestamp(now),
  }
}

export function positions(accountNumber: string, now: number): readonly Data[] {
  return [
    {
      'account-number': accountNumber,
      'instrument-type': 'Equity',
      symbol: 'EXMPL',
      'underlying-symbol': 'EXMPL',
      quantity: 15,
      'quantity-direction': 'Long',
      'average-open-price': '118.25',
      'close-price': '127.5',
      'cost-effect': 'Credit',
      multiplier: 1,
      'is-frozen': false,
      'is-suppressed': false,
      'restricted-quantity': 0,
      'realized-day-gain': '0.0',
      'realized-today': '0.0',
      'created-at': OPENED,
      'updated-at': timestamp(now),
    },
  ]
}

const DAY = 86_400_000

/** Lives 24 hours, independently of the access token that bought it (docs/protocol.md#quote-tokens). */
export function quoteToken(token: string, now: number): Data {
  return {
    token,
    'dxlink-url': 'wss://dxlink.fake-tastytrade.invalid/realtime',
    level: 'api',
    'issued-at': timestamp(now),
    'expires-at': timestamp(now + DAY),
  }
}

export function dryRun(accountNumber: string, order: Data): Data {
  return {
    order: { ...order, 'account-number': accountNumber, status: 'Received' },
    warnings: [],
    'buying-power-effect': {
      'change-in-buying-power': '127.5',
      'change-in-buying-power-effect': 'Debit',
      'is-spread': false,
    },
    'fee-calculation': { 'total-fees': '0.01', 'total-fees-effect': 'Debit' },
  }
}
