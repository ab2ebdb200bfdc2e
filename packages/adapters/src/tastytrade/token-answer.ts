import { tokenRequestError, type Secret, type TokenResponse } from '@evergrant/core'
import { jsonOf, type BodyText } from '../http/body-text.ts'
import { readFailure } from '../http/failed-answer.ts'
import { serverDate } from '../http/server-time.ts'
import { readGrantBody } from './grant-body.ts'

/**
 * Reads what an endpoint that gives tokens answered. Throws `token-request-failed`; `sent` is blotted out of what it
 * repeats.
 */
export function readTokenAnswer(
  response: Response,
  body: BodyText,
  sent: readonly Secret[],
  readGrant: (json: unknown) => TokenResponse | undefined = readGrantBody,
): TokenResponse {
  const json = jsonOf(body)
  const date = serverDate(response.headers)
  const grant = response.ok ? readGrant(json) : undefined
  if (grant !== undefined) return date === undefined ? grant : { ...grant, date }
  const problem = json === undefined ? 'the answer is not JSON' : 'the answer has no usable access token'
  throw tokenRequestError(readFailure({ response, body, json }, problem, sent))
}
