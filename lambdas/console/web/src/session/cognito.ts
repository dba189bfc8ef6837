// Signing in with Amazon Cognito: the authorization code grant of OAuth 2.0 with PKCE. Tokens are asked for at our own origin, which hands
// /oauth2/token and /oauth2/revoke on, so that nothing the page asks for leaves it; only people are led to the pages of the user pool.
//
// The ID token, which the API takes, is kept in memory alone. The refresh token is kept in sessionStorage: it ends with the tab, no other tab
// has it, and a page that is loaded anew need not ask for the password again; a script of another origin cannot read it, and ours allow none.
import { Problem } from '../api/client'
import { challengeOf, claimsOf, random } from './pkce'

export interface Pool {
  domain: string
  client: string
  scopes: readonly string[]
}

/** What is known of a sign-in that is under way. */
export interface Pending {
  state: string
  nonce: string
  verifier: string
  to: string // where to go afterwards: a path of ours
}

const pendingKey = 'mirrorwatch.sign-in'
const refreshKey = 'mirrorwatch.refresh'
const early = 60_000 // ms before its end from which on a token is renewed

/** Where the user pool sends people back to. */
export const back = (): string => `${location.origin}/sign-in`

/** Gives the address of the pool's sign-in page, and keeps what belongs to it. In a window of its own the state says so. */
export async function begin(pool: Pool, to: string, ownWindow = false): Promise<string> {
  const pending: Pending = { state: (ownWindow ? 'w.' : 't.') + random(), nonce: random(), verifier: random(), to }
  sessionStorage.setItem(pendingKey, JSON.stringify(pending))
  const query = new URLSearchParams({
    response_type: 'code', client_id: pool.client, redirect_uri: back(), scope: pool.scopes.join(' '), state: pending.state, nonce: pending.nonce,
    code_challenge: await challengeOf(pending.verifier), code_challenge_method: 'S256',
  })
  return `${pool.domain}/oauth2/authorize?${query.toString()}`
}

/** What the pool answered in the address of /sign-in; undefined where it is no answer. */
export function answerIn(search: string): { code: string; state: string; error?: string } | undefined {
  const q = new URLSearchParams(search)
  const [code, state, error] = [q.get('code') ?? '', q.get('state') ?? '', q.get('error') ?? undefined]
  if (!state || (!code && !error)) return undefined
  return { code, state, error: error && (q.get('error_description') || error) }
}

/** The sign-in that is under way in this tab; read once. With a state: only if it is that one's. */
export function takePending(state?: string): Pending | undefined {
  try {
    const p = JSON.parse(sessionStorage.getItem(pendingKey) ?? 'null') as Pending | null
    if (state !== undefined && p?.state !== state) return undefined
    sessionStorage.removeItem(pendingKey)
    return p && p.state && p.verifier && /^\/(?![/\\])/.test(p.to) ? p : undefined
  } catch {
    return undefined
  }
}

interface Tokens {
  id: string
  ends: number // ms of the Unix epoch
}

/** The tokens of this tab. */
export class Cognito {
  private tokens?: Tokens
  private renewing?: Promise<void>

  constructor(readonly pool: Pool, private readonly now: () => number = Date.now) {}

  /** Whether there is something to get tokens with. */
  get known(): boolean {
    return this.tokens !== undefined || sessionStorage.getItem(refreshKey) !== null
  }

  /** Exchanges a code for tokens. The state must be the one that was sent, and the ID token must hold the nonce that was. */
  async exchange(answer: { code: string; state: string; error?: string }, pending: Pending | undefined): Promise<void> {
    if (!pending || answer.state !== pending.state) throw new Problem(400, 'The sign-in is not one that was begun here', 'Begin it again.')
    if (answer.error) throw new Problem(400, 'The sign-in was refused', answer.error)
    await this.ask({ grant_type: 'authorization_code', code: answer.code, redirect_uri: back(), code_verifier: pending.verifier }, pending.nonce)
  }

  /** Gives an ID token that holds for a minute at least, renewed where need be; undefined where there is none any more. */
  async bearer(): Promise<string | undefined> {
    if ((this.tokens?.ends ?? 0) - early <= this.now()) await this.renew()
    return this.tokens?.id
  }

  /** Renews the tokens. However many ask at once, the pool is asked once. */
  renew(): Promise<void> {
    this.renewing ??= this.renewed().finally(() => { this.renewing = undefined })
    return this.renewing
  }

  private async renewed(): Promise<void> {
    const refresh = sessionStorage.getItem(refreshKey)
    this.tokens = undefined
    if (!refresh) return
    try {
      await this.ask({ grant_type: 'refresh_token', refresh_token: refresh })
    } catch (e) {
      if (!(e instanceof Problem) || e.passing) throw e
      sessionStorage.removeItem(refreshKey) // it has ended, or was revoked
    }
  }

  /** Forgets the tokens, and has the pool revoke them. Gives the address where the pool's own session ends. */
  async end(): Promise<string> {
    const token = sessionStorage.getItem(refreshKey)
    this.forget()
    if (token) await fetch('/oauth2/revoke', { method: 'POST', body: new URLSearchParams({ token, client_id: this.pool.client }) }).catch(() => undefined)
    return `${this.pool.domain}/logout?${new URLSearchParams({ client_id: this.pool.client, logout_uri: back() }).toString()}`
  }

  forget(): void {
    this.tokens = undefined
    sessionStorage.removeItem(refreshKey)
  }

  private async ask(form: Record<string, string>, nonce?: string): Promise<void> {
    const asked = this.now()
    const got = await tokensOf({ ...form, client_id: this.pool.client })
    const claims = claimsOf(got.id_token)
    if (nonce !== undefined && claims.nonce !== nonce) throw new Problem(400, 'The sign-in does not belong to this page', 'Begin it again.')
    if (claims.aud !== this.pool.client) throw new Problem(400, 'The sign-in is for another program', 'Begin it again.')
    this.tokens = { id: got.id_token, ends: asked + got.expires_in * 1000 }
    if (got.refresh_token) sessionStorage.setItem(refreshKey, got.refresh_token)
  }
}

interface Granted {
  id_token: string
  expires_in: number // seconds
  refresh_token?: string
}

async function tokensOf(form: Record<string, string>): Promise<Granted> {
  let answer: Response
  try {
    answer = await fetch('/oauth2/token', { method: 'POST', body: new URLSearchParams(form), signal: AbortSignal.timeout(30_000) })
  } catch {
    throw new Problem(0, 'The server cannot be reached', 'No answer came from the sign-in service.')
  }
  const body = (await answer.json().catch(() => ({}))) as Partial<Granted> & { error?: string }
  if (!answer.ok) throw new Problem(answer.status, 'The sign-in did not succeed', body.error ? `The sign-in service says: ${body.error}` : `The sign-in service answered ${answer.status}.`)
  if (typeof body.id_token !== 'string' || typeof body.expires_in !== 'number') throw new Problem(502, 'The sign-in did not succeed', 'The sign-in service gave no token.')
  return { id_token: body.id_token, expires_in: body.expires_in, refresh_token: body.refresh_token }
}
