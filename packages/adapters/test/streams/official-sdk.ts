/** The official SDK as it is published. */
import TastytradeClient, { LogLevel } from '@tastytrade/api'

export { LogLevel, TastytradeClient }
