/** Faults that take the place of an answer, with their parameters. All parameters have a default. */
export interface AnswerFaults {
  /** 429 with nothing in it. */
  readonly 'too-many-requests': {
    /** Seconds for a `Retry-After` header; default none, as in the real one. */
    readonly retryAfter?: number
    /** How the header says it. Default `seconds`. */
    readonly as?: 'seconds' | 'http-date'
  }
  /** A 5xx. */
  readonly 'server-error': {
    /** Default 500. A 502 and a 503 come as HTML from the edge unless there is a code. */
    readonly status?: 500 | 502 | 503 | 504
    /** An OAuth code to put into the body, such as `invalid_grant`: no verdict, the server is in distress. */
    readonly code?: string
    /** Seconds for a `Retry-After` header. */
    readonly retryAfter?: number
  }
  /** 401 with the page of the web server in front. */
  readonly 'edge-html': object
  /** The same with 403. */
  readonly 'edge-forbidden-html': object
  /** 401 with nothing in it. */
  readonly 'edge-empty': object
  /** 400 `invalid_request`, as the sandbox sends it in clusters for healthy grants. */
  readonly 'transient-invalid-request': object
  /** Says `Grant revoked` without doing so; a real revocation is `revokeGrant()`. */
  readonly 'grant-revoked': object
  readonly 'invalid-jwt': object
  readonly 'client-secret-mismatch': object
  /** A 200 whose access token goes on and on. Streamed. */
  readonly oversized: {
    /** Default 8 MiB. */
    readonly bytes?: number
  }
  /** 200 with a text that is no JSON. */
  readonly garbage: object
  /** 200 with JSON that has no access token in it. */
  readonly 'wrong-shape': object
  /** 307. A client that follows shows up in `requests` under the path of the location. */
  readonly redirect: {
    /** Default `/elsewhere/oauth/token` on this fake. */
    readonly location?: string
    readonly status?: 301 | 302 | 303 | 307 | 308
  }
  /** An error whose description repeats the refresh token and the client secret that were sent. */
  readonly 'echo-secrets': OauthErrorParameters
  /** An error with the keys of RFC 6749, `error` in place of `error_code`. Also possible on a 200. */
  readonly 'rfc-error': OauthErrorParameters
  /** An error as `{ "error": { "code", "message" } }`. */
  readonly 'object-error': OauthErrorParameters
  /** 401 from the API for a token that is good. */
  readonly 'api-unauthorized': object
  /** 403 `not_permitted` from the API. */
  readonly 'api-forbidden': object
}

/** Faults that spoil an answer which grants a token. They change no other. */
export interface GrantFaults {
  /** Grants the access token that the grant was given last, with what is left of its life. */
  readonly 'same-token': {
    /** Seconds to claim in place of the time left. */
    readonly expiresIn?: number
  }
  /** Grants, and says nothing of the lifetime. */
  readonly 'missing-expires-in': object
  /** Grants, and says that the lifetime is 0. */
  readonly 'zero-expires-in': object
  /** Grants, and says something odd of the lifetime. */
  readonly 'odd-expires-in': {
    /** Any JSON. Default `"soon"`. */
    readonly value?: unknown
  }
  /** Grants with a refresh token of no characters: the old one stays. */
  readonly 'empty-refresh-token': object
}

/** Faults of time and of the connection. */
export interface DeliveryFaults {
  /** Works, but late. */
  readonly slow: {
    /** Ms. Default 5,000. */
    readonly delay?: number
    /**
     * What waits. `answer` (default): the request is carried out at once, also if the client leaves. `request`: it is
     * carried out after the delay, and not at all if the client has left by then.
     */
    readonly holds?: 'answer' | 'request'
  }
  /** Accepts the request and never says a word. */
  readonly 'never-answers': object
  /** The address block begins with this request: nothing is answered any more, on any path. */
  readonly 'address-block': {
    /** Ms. Default the `blockFor` of the fake. */
    readonly blockFor?: number
  }
  /** The connection breaks before the request is read. */
  readonly 'connection-reset': object
  /** The request is carried out, rotation included; then the connection breaks. */
  readonly 'lost-answer': object
  /** The request is carried out; half of the answer arrives. */
  readonly truncated: {
    /** `connection` (default): fewer bytes than announced, then the connection breaks. `json`: a whole answer with half the JSON. */
    readonly at?: 'connection' | 'json'
  }
  /** The request is carried out; half of the answer arrives, and the rest never comes. */
  readonly stalls: object
  /** A `Date` header that is wrong. */
  readonly 'date-skew': {
    /** Ms to add; may be negative. Default two hours. */
    readonly by?: number
  }
  /** An answer out of a cache: an `Age` header and a `Date` that is as old. */
  readonly 'cached-date': {
    /** Seconds. Default 3,600. */
    readonly age?: number
  }
}

/** Every fault that can be scripted, with its parameters. */
export interface TastytradeFaults extends AnswerFaults, GrantFaults, DeliveryFaults {}

export interface OauthErrorParameters {
  /** Default `invalid_grant`; `invalid_request` for `echo-secrets`. */
  readonly code?: string
  readonly description?: string
  /** Default 400. */
  readonly status?: number
}

/** A fault by name. */
export type TastytradeFault = keyof TastytradeFaults

export interface FailOptions {
  /** How many requests meet it. Default 1; `Infinity` for all until `heal()`. */
  readonly times?: number
  /** Which requests: the token endpoint, the API, or everything. Default `token`; `api` for those that begin so. */
  readonly on?: 'token' | 'api' | 'all'
  /** Only requests for this path. */
  readonly path?: string
}

/** One scripted fault. */
export interface FaultHandle extends Disposable {
  /** How many requests are still to meet it. */
  readonly remaining: number
}
