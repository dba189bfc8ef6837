// What speaks with the API: one client, typed by its OpenAPI document. Whatever goes wrong comes out as a Problem.
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** How long an answer may take, in milliseconds, before the console says that the server is slow and tries anew. */
export const patience = 30_000

/** A Problem is what went wrong with a request, in words for a person. `status` 0: no answer came. */
export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail = '', readonly errors: Schemas['FieldError'][] = [], readonly instance = '') {
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
  bearer?: string
}

let credentials: Credentials = {}
let onUnauthorized: () => void = () => {}

/** Sets what requests carry from now on. */
export function carry(c: Credentials): void {
  credentials = c
}

/** Says whom to tell when the API knows nobody any more. */
export function whenUnauthorized(f: () => void): void {
  onUnauthorized = f
}

const carrying: Middleware = {
  onRequest({ request }) {
    if (credentials.bearer) request.headers.set('Authorization', `Bearer ${credentials.bearer}`)
    if (credentials.csrf && request.method !== 'GET') request.headers.set('X-CSRF-Token', credentials.csrf)
    return request
  },
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== '/v1/session') onUnauthorized()
  },
}

async function patiently(request: Request): Promise<Response> {
  try {
    return await fetch(new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(patience)]) }))
  } catch (e) {
    if (request.signal.aborted) throw e
    if (e instanceof DOMException && e.name === 'TimeoutError') throw new Problem(0, 'The server is slow', `No answer within ${patience / 1000} s.`)
    throw new Problem(0, 'The server cannot be reached', 'No answer came: it may be stopped, or the network is down.')
  }
}

export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? '', fetch: patiently })
api.use(carrying)

/** Asks for what is no JSON (an export), with the session's credentials. The answer is as it came; for how long it may stream nobody counts. */
export async function carried(path: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(new URL(path, location.origin), init)
  if (new URL(request.url).origin !== location.origin) throw new Problem(0, 'Nothing is asked of another origin')
  if (credentials.bearer) request.headers.set('Authorization', `Bearer ${credentials.bearer}`)
  if (credentials.csrf && request.method !== 'GET') request.headers.set('X-CSRF-Token', credentials.csrf)
  let answer: Response
  try {
    answer = await fetch(request)
  } catch (e) {
    if (request.signal.aborted) throw e
    throw new Problem(0, 'The server cannot be reached', 'No answer came: it may be stopped, or the network is down.')
  }
  if (answer.status === 401) onUnauthorized()
  return answer
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
  throw problem(response.status, error)
}

/** Reads a problem of RFC 9457 off an answer; a proxy's page of HTML is one as well. */
export function problem(status: number, body: unknown): Problem {
  const p = (typeof body === 'object' && body !== null ? body : {}) as Partial<Schemas['Problem']>
  const title = p.title ?? (status >= 500 ? 'The server failed' : `The server answered ${status}`)
  return new Problem(status, title, p.detail ?? '', p.errors ?? [], p.instance ?? '')
}
