import type { Command } from 'commander'
import { withChosenSession } from '../account/with-session.ts'
import { parseDuration } from '../output/duration.ts'
import { exitCodeOfStatus } from '../output/exit-code.ts'
import { callApi } from '../request/call-api.ts'
import { printAnswer } from '../request/print-answer.ts'
import { contentTypeOf, readBody, readHeaders, targetUrl, type RequestFlags } from '../request/request-flags.ts'
import { collect, withAccount, withExamples, type CommandPorts, type CommonFlags } from './command-ports.ts'

interface CurlFlags extends CommonFlags, RequestFlags {
  readonly include?: boolean
  readonly maxTime?: number
}

/** Ms for the whole request, the token and the body included. */
const DEFAULT_MAX_TIME = 60_000

/** `evergrant curl`: one request with the token, which is in no argument and in no other process. */
export function addCurl(program: Command, ports: CommandPorts): void {
  const curl = program
    .command('curl')
    .description('send a request with the token, to the API alone; prints the body')
    .argument('<url>', 'a path of the API, or a whole URL')
    .option('-X, --request <method>', 'method (default: GET, or POST with data)')
    .option('-H, --header <line>', 'a header "Name: value"; may be repeated', collect)
    .option('-d, --data <data>', 'body; @FILE reads a file, @- the standard input; may be repeated', collect)
    .option('-i, --include', 'print status and headers too')
    .option('-m, --max-time <duration>', 'how long it may take (default: 60s)', parseDuration)
  withExamples(withAccount(curl), [
    ['evergrant curl /customers/me/accounts', 'your accounts'],
    ['evergrant curl --json /customers/me', '{ status, headers, body } in one line'],
    ['evergrant curl -d @order.json /accounts/5WT00000/orders/dry-run', 'a POST with the JSON of a file'],
  ]).action(async (url: string, flags: CurlFlags) => ports.endWith(await send(url, flags, ports)))
}

async function send(text: string, flags: CurlFlags, { io }: CommandPorts): Promise<number> {
  const headers = readHeaders(flags.header)
  const body = await readBody(flags.data, io)
  if (body !== undefined && !headers.has('content-type')) headers.set('content-type', contentTypeOf(body))
  const method = flags.request ?? (body === undefined ? 'GET' : 'POST')
  const view = { json: flags.json ?? false, include: flags.include ?? false }

  return withChosenSession(flags, io, async (session) => {
    const url = targetUrl(text, session.provider.apiBaseUrl)
    const call = { url, method, headers, body, maxTime: flags.maxTime ?? DEFAULT_MAX_TIME }
    return callApi(session, call, io, async (response) => {
      await printAnswer(response, view, io)
      return exitCodeOfStatus(response.status)
    })
  })
}
