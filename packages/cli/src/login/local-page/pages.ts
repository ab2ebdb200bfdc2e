import { html, raw } from 'hono/html'
import type { Explanation } from '../explanation.ts'
import { STYLE_ELEMENT } from './style.ts'

type Html = ReturnType<typeof html>

/** What the form is filled with, and why it is shown again. */
export interface FormView {
  readonly formToken: string
  readonly environment: string
  readonly redirectUri: string
  readonly clientId: string
  /** Whether more than reading was asked for. */
  readonly trade: boolean
  /** What was wrong with what was sent. */
  readonly problem: string | null
}

export interface SuccessView {
  readonly environment: string
  readonly account: string
  readonly scope: string
  readonly place: string
  readonly mayTrade: boolean
  /** Of the buttons; `null` for a browser that has no part in this login. */
  readonly formToken: string | null
}

function layout(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} – evergrant</title>
        ${raw(STYLE_ELEMENT)}
      </head>
      <body>
        <header>evergrant login · this page lives on your own computer</header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `
}

export function formPage({ formToken, environment, redirectUri, clientId, trade, problem }: FormView): Html {
  const warning = problem === null ? '' : html`<p class="warn" role="alert" id="problem">${problem}</p>`
  return layout(
    'Log in to tastytrade',
    html`${warning}
      <p>
        Enter what your OAuth application shows (${environment}). Then tastytrade asks you to log in and to allow it.
      </p>
      <form method="post" action="/" autocomplete="off">
        <input type="hidden" name="form_token" value="${formToken}" />
        <label for="client_id">Client ID</label>
        <input
          type="text"
          id="client_id"
          name="client_id"
          value="${clientId}"
          required
          maxlength="256"
          spellcheck="false"
          autocapitalize="none"
          aria-describedby="client_id_hint"
        />
        <p class="hint" id="client_id_hint">It is shown with the application at any time.</p>
        <label for="client_secret">Client secret</label>
        <input
          type="password"
          id="client_secret"
          name="client_secret"
          required
          maxlength="512"
          autocomplete="off"
          aria-describedby="client_secret_hint"
        />
        <p class="hint" id="client_secret_hint">
          It is shown once, when it is made. Lost it? Make a new one with the application; that ends every grant made
          before.
        </p>
        <fieldset>
          <legend>What may this program do?</legend>
          <label class="choice"
            ><input type="radio" name="scope" value="read" ${trade ? '' : html` checked`} /><span
              >Read only<span class="hint"
                >Balances, positions, quotes. Enough for most, and the safe choice.</span
              ></span
            ></label
          >
          <label class="choice"
            ><input type="radio" name="scope" value="trade" ${trade ? html` checked` : ''} /><span
              >Read and trade<span class="hint"
                >Whoever gets hold of the saved login can then place orders with your money.</span
              ></span
            ></label
          >
        </fieldset>
        <button>Go on to tastytrade</button>
      </form>
      <p class="hint">
        The application must have exactly this redirect URI, without a slash at its end: <code>${redirectUri}</code>
      </p>`,
  )
}

export function successPage({ environment, account, scope, place, mayTrade, formToken }: SuccessView): Html {
  const warning = mayTrade ? html`<p class="warn">This login can place orders. Keep it as you keep a password.</p>` : ''
  const buttons =
    formToken === null
      ? ''
      : html`<form method="post" action="/finish">
            <input type="hidden" name="form_token" value="${formToken}" />
            <button>Done</button>
            <button class="quiet" formaction="/refresh-token">Show the refresh token</button>
          </form>
          <p class="hint">Only another program needs the refresh token. This page ends by itself in a minute.</p>`
  return layout(
    'You are logged in',
    html`${warning}
      <p>The login was tried, it works, and it is saved.</p>
      <dl>
        <dt>Environment</dt>
        <dd>${environment}</dd>
        <dt>Account</dt>
        <dd>${account}</dd>
        <dt>Allowed</dt>
        <dd>${scope}</dd>
        <dt>Saved in</dt>
        <dd>${place}</dd>
      </dl>
      ${buttons}`,
  )
}

export function refreshTokenPage(refreshToken: string): Html {
  return layout(
    'Your refresh token',
    html`<p class="warn">
        Whoever has it and the client secret can use your account. Paste it where it is needed, and nowhere else.
      </p>
      <p class="secret" tabindex="0" aria-label="Refresh token">${refreshToken}</p>
      <p>You can close this window now. The page is gone once you do.</p>`,
  )
}

/** `again`: whether this page can begin anew. */
export function troublePage({ what, why, next }: Explanation, again: boolean): Html {
  return layout(
    'That did not work',
    html`<p class="warn" role="alert">${what}</p>
      <p>${why}</p>
      <ol>
        ${next.map((step) => html`<li>${step}</li>`)}
      </ol>
      ${again ? html`<p><a href="/">Try again</a></p>` : ''}`,
  )
}

/** For what is not part of any login: `text` says why, in a sentence. */
export function sorryPage(text: string): Html {
  return layout(
    'This does not belong to a login',
    html`<p>${text}</p>
      <p>Nothing was changed. Go back to the page that the terminal names.</p>`,
  )
}

export function finishedPage(): Html {
  return layout('Done', html`<p>You can close this window, and go back to the terminal.</p>`)
}
