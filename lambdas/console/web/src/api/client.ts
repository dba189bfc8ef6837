// What speaks with the API: one client, typed by its OpenAPI document. Whatever goes wrong comes out as a Problem.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** How long an answer may take, in milliseconds, before the console says that the server is slow and tries anew. */
export const patience = 30_000

/** A Problem is what went wrong with a request, in words for a person. `status` 0: no answer came. `wait`: seconds after which the server lets one ask again. */
export class Problem extends Error {
  constructor(
    readonly status: number, readonly title: string, readonly detail = '', readonly errors: Schemas['FieldError'][] = [], readonly instance = '',
    readonly type = 'about:blank', readonly wait = 0,
  ) {
    super(detail || title)
    this.name = 'Problem'
  }

  /** Whether asking again later may help: nothing came, too much was asked, or the server is at fault. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** What a request carries that only the session knows. */
export interface Credentials {
  csrf?: string
  bearer?: () => Promise<string | undefined> // a token that holds now; asked for with each request, since tokens are short-lived
}

const tokenHeader = 'X-CSRF-Token'

let credentials: Credentials = {}
let session = 0 // counts the sessions: an answer that belongs to the one before says nothing about this one
let onUnauthorized: () => Promise<void> = () => Promise.resolve()
let onStale: () => Promise<void> = () => Promise.resolve()

/** Sets what requests carry from now on. */
export function carry(c: Credentials): void {
  credentials = c
  session++
}

/**
 * Says whom to tell when the API knows nobody any more. The request waits for what they give: once it is fulfilled the request is sent again,
 * once, and if it is rejected that is what became of the request. So whatever was asked or changed goes on after signing in again.
 */
export function whenUnauthorized(f: () => Promise<void>): void {
  onUnauthorized = f
}

/**
 * Says whom to tell when a change was refused for its token, which is another session's: there was a new sign-in in this browser, and this tab
 * has not heard of it. Once what they give is fulfilled the change is sent again, once.
 */
export function whenStale(f: () => Promise<void>): void {
  onStale = f
}

// What says itself who one is, or whether a password is right: there 401 is an answer.
const own = new Set(['/v1/session', '/v1/sign-in', '/v1/me', '/v1/me/password'])

// sent sends a request with what the session gives it, and once more where the session had ended and there is another.
async function sent(request: Request, most: number): Promise<Response> {
  const spare = request.clone()
  const [answer, during] = await once(request, most)
  if (await isStale(answer)) {
    if (during === session) await unlessAborted(onStale(), request.signal)
    return (await once(spare, most))[0]
  }
  if (answer.status !== 401 || own.has(new URL(request.url).pathname)) return answer
  if (during === session) await unlessAborted(onUnauthorized(), request.signal)
  return (await once(spare, most))[0]
}

async function isStale(answer: Response): Promise<boolean> {
  if (answer.status !== 403 || !credentials.csrf) return false
  const said = (await answer.clone().json().catch(() => undefined)) as Partial<Schemas['Problem']> | undefined
  return said?.detail?.includes(tokenHeader) ?? false
}

async function once(request: Request, most: number): Promise<[Response, number]> {
  if (new URL(request.url).origin !== location.origin) throw new Problem(0, 'Nothing is asked of another origin')
  const during = session
  const bearer = await credentials.bearer?.()
  if (bearer) request.headers.set('Authorization', `Bearer ${bearer}`)
  if (credentials.csrf && request.method !== 'GET') request.headers.set(tokenHeader, credentials.csrf)
  return [await patiently(request, most), during]
}

let reached: 'yes' | 'slow' | 'no' = 'yes'
const watching = new Set<() => void>()

/** Whether the last request had an answer. */
export const reachable = (): typeof reached => reached

/** Tells of each change of that, until what it gives is called. */
export function whenReachable(f: () => void): () => void {
  watching.add(f)
  return () => void watching.delete(f)
}

function note(now: typeof reached): void {
  if (now === reached) return
  reached = now
  watching.forEach((f) => f())
}

async function patiently(request: Request, most: number): Promise<Response> {
  try {
    const answer = await fetch(most === Infinity ? request : new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(most)]) }))
    note('yes')
    return answer
  } catch (e) {
    if (request.signal.aborted) throw e
    const slow = e instanceof DOMException && e.name === 'TimeoutError'
    note(slow ? 'slow' : 'no')
    if (slow) throw new Problem(0, 'The server is slow', `No answer within ${most / 1000} s.`)
    throw new Problem(0, 'The server cannot be reached', 'No answer came: it may be stopped, or the network is down.')
  }
}

// unlessAborted waits for something, but no longer than whoever asked.
function unlessAborted(p: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((yes, no) => {
    p.then(yes, no)
    signal.addEventListener('abort', () => no(signal.reason as Error), { once: true })
  })
}

export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? '', fetch: (request) => sent(request, patience) })

/** Asks for what is no JSON (an export), with the session's credentials. The answer is as it came; for how long it streams nobody counts. */
export function carried(path: string, init: RequestInit = {}): Promise<Response> {
  return sent(new Request(new URL(path, location.origin), init), Infinity)
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** Gives what an answer holds, or throws the Problem that it is. */
export async function told<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked
  if (response.ok) return data as T
  throw problem(response.status, error, response.headers)
}

/** Reads a problem of RFC 9457 off an answer; a proxy's page of HTML is one as well. */
export function problem(status: number, body: unknown, headers?: Headers): Problem {
  const p = (typeof body === 'object' && body !== null ? body : {}) as Partial<Schemas['Problem']>
  const title = p.title ?? (status >= 500 ? 'The server failed' : `The server answered ${status}`)
  const wait = Number(headers?.get('Retry-After') ?? 0)
  return new Problem(status, title, p.detail ?? '', p.errors ?? [], p.instance ?? '', p.type ?? 'about:blank', Number.isFinite(wait) ? wait : 0)
}
