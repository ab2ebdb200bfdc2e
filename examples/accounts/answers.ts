/** Answers of the tastytrade API, as far as this example reads them. Amounts and prices come as texts. */
export interface Answer<Data> {
  readonly data: Data
}

export interface Items<Item> {
  readonly items: readonly Item[]
}

export interface Customer {
  readonly 'first-name': string
  readonly 'last-name': string
  readonly email: string
}

/** An account, and what the customer may do with it, e.g. `owner`. */
export interface HeldAccount {
  readonly account: Account
  readonly 'authority-level': string
}

export interface Account {
  readonly 'account-number': string
  readonly 'account-type-name': string
  readonly nickname: string
  /** `Margin` or `Cash`. */
  readonly 'margin-or-cash': string
}

export interface Balances {
  readonly currency: string
  readonly 'net-liquidating-value': string
  readonly 'cash-balance': string
  readonly 'equity-buying-power': string
  readonly 'derivative-buying-power': string
}

export interface Position {
  readonly symbol: string
  readonly 'instrument-type': string
  /** A number in some answers, a text in others. */
  readonly quantity: number | string
  /** `Long`, `Short` or `Zero`. */
  readonly 'quantity-direction': string
  readonly 'average-open-price': string
  readonly 'close-price': string
}
