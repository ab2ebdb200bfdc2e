import { secretsOf } from './wiretap.ts'

/** How a server, or what stands before it, may write down a secret that it repeats. */
const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'as a part of a URL': (secret) => encodeURIComponent(secret),
  'as a form has it': (secret) => new URLSearchParams({ a: secret }).toString().slice('a='.length),
  'as JSON has it': (secret) => JSON.stringify(secret).slice(1, -1),
  'in base64': (secret) => btoa(secret),
  'in base64url': (secret) => btoa(secret).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  'as in Basic authentication': (secret) => btoa(`client:${secret}`),
  'in hexadecimal': (secret) => Array.from(secret, (letter) => letter.charCodeAt(0).toString(16)).join(''),
  'cut short': (secret) => `${secret.slice(0, Math.ceil(secret.length / 2))}…`,
  'without its beginning': (secret) => `…${secret.slice(Math.floor(secret.length / 2))}`,
}

/** Where in an answer it may stand. */
const ANSWERS: Readonly<Record<string, (echo: string) => Response>> = {
  'the description of a refusal': (echo) =>
    Response.json({ error: 'invalid_request', error_description: `No: ${echo}` }, { status: 400 }),
  'the description of a refusal, by the keys of tastytrade': (echo) =>
    Response.json({ error_code: 'invalid_request', error_description: `${echo} is not known` }, { status: 400 }),
  'the code of a refusal': (echo) => Response.json({ error: echo, error_code: echo }, { status: 400 }),
  'an error as an object': (echo) => Response.json({ error: { code: echo, message: echo } }, { status: 422 }),
  'a refusal with 200': (echo) => Response.json({ error: 'server_error', error_description: echo }),
  'trouble of the server': (echo) => Response.json({ error: { code: 'oops', message: echo } }, { status: 500 }),
  'the page of a proxy': (echo) => new Response(`<html>${echo}</html>`, { status: 403, headers: HTML }),
  'a text in place of JSON': (echo) => new Response(echo, { headers: { 'content-type': 'application/json' } }),
  'half of a JSON text': (echo) => new Response(`{"error":"${echo}`, { headers: JSON_TYPE }),
  'a redirect': (echo) => redirect(echo),
  'a header': (echo) =>
    new Response(null, { status: 429, headers: { 'retry-after': ascii(echo), warning: ascii(echo) } }),
  'a challenge': (echo) =>
    new Response('{}', { status: 401, headers: { ...JSON_TYPE, 'www-authenticate': `Bearer error="${ascii(echo)}"` } }),
}

const HTML = { 'content-type': 'text/html' }
const JSON_TYPE = { 'content-type': 'application/json' }

/** An answer to a token request that repeats what was sent with it. */
export type Echo = (sent: string) => Response | Promise<Response>

/** What a server may repeat, by name: each spelling in each kind of answer, in turn with every further request. */
export const ECHOES: Readonly<Record<string, Echo>> = {
  ...Object.fromEntries(
    Object.entries(SPELLINGS).map(([name, spell]) => [`a server that repeats a secret ${name}`, inTurn(spell)]),
  ),
  'a fetch that tells all it was given': tellAll,
}

/** How many answers an echo has before it begins anew. */
export const ECHO_LENGTH = Object.keys(ANSWERS).length

function inTurn(spell: (secret: string) => string): Echo {
  let turn = 0
  return (sent) => {
    const answers = Object.values(ANSWERS)
    const answer = answers[turn % answers.length] ?? redirect
    turn += 1
    return answer(
      secretsOf(sent)
        .map(([, secret]) => spell(secret))
        .join(' with '),
    )
  }
}

/** As an HTTP library that means well would: with the request in the message, the cause and the properties. */
function tellAll(sent: string): never {
  throw Object.assign(new TypeError(`Cannot send ${sent}`, { cause: { sent } }), { code: sent, config: { data: sent } })
}

function redirect(echo: string): Response {
  return new Response(null, {
    status: 307,
    headers: { location: `https://elsewhere.test/${ascii(echo)}?q=${ascii(echo)}` },
  })
}

/** Headers carry Latin-1 only. */
function ascii(text: string): string {
  return text.replaceAll('…', '...')
}
