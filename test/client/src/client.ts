// The client: what openapi-typescript and openapi-fetch make of the document, and the little that every caller needs besides: a place
// for the cookie, the token that a change carries, and answers that are looked at before they are believed.
import assert from 'node:assert/strict'
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './api.js'

export type Schemas = components['schemas']

// Person is somebody with a browser: a cookie, and the token that /v1/me gave.
export class Person {
  readonly api: Client<paths>
  cookie = ''
  token = ''

  constructor(base: string, key = '') {
    this.api = createClient<paths>({ baseUrl: base })
    this.api.use({
      onRequest: ({ request }) => {
        if (this.cookie) request.headers.set('Cookie', this.cookie)
        if (this.token) request.headers.set('X-CSRF-Token', this.token)
        if (key) request.headers.set('Authorization', `Bearer ${key}`)
        return request
      },
      onResponse: ({ response }) => {
        for (const line of response.headers.getSetCookie()) {
          assert.match(line, /HttpOnly/i)
          assert.match(line, /SameSite/i)
          this.cookie = line.split(';')[0]!
        }
        return undefined
      },
    })
  }

  // enter signs in. Whoever was given their password sets one of their own, as they must.
  async enter(name: string, password: string, own?: string): Promise<Schemas['Me']> {
    let me = good(await patiently(() => this.api.POST('/v1/session', { body: { name, password } })))
    this.token = me.csrf_token ?? ''
    if (own !== undefined) {
      assert.equal(me.must_change, true)
      refused(await this.api.GET('/v1/detections'), 403)
      me = good(await patiently(() => this.api.PUT('/v1/me/password', { body: { current: password, new: own } })))
      this.token = me.csrf_token ?? ''
    }
    assert.equal(me.name, name)
    assert.equal(me.must_change, false)
    return me
  }
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

// good gives the body of an answer that went well.
export function good<T>(answer: Answer<T>): NonNullable<T> {
  assert.ok(answer.response.ok, `${answer.response.url}: ${answer.response.status} ${JSON.stringify(answer.error)}`)
  assert.ok(answer.data !== undefined && answer.data !== null, `${answer.response.url}: no body`)
  return answer.data
}

// patiently asks again when it was too often, as late as the server says.
async function patiently<A extends Answer<unknown>>(ask: () => Promise<A>): Promise<A> {
  for (;;) {
    const answer = await ask()
    if (answer.response.status !== 429) return answer
    const seconds = Number(answer.response.headers.get('retry-after'))
    assert.ok(seconds > 0 && seconds < 30, `429 says no time to wait: ${JSON.stringify(answer.error)}`)
    await new Promise(done => setTimeout(done, seconds * 1000))
  }
}

// done is for answers without a body.
export function done(answer: Answer<unknown>): void {
  assert.equal(answer.response.status, 204, `${answer.response.url}: ${JSON.stringify(answer.error)}`)
}

// refused gives the problem of an answer that was refused, which always is one that a person can read.
export function refused(answer: Answer<unknown>, status: number): Schemas['Problem'] {
  assert.equal(answer.response.status, status, `${answer.response.url}: ${JSON.stringify(answer.error)}`)
  assert.match(answer.response.headers.get('content-type') ?? '', /^application\/problem\+json/)
  const problem = answer.error as Schemas['Problem']
  assert.equal(problem.status, status)
  assert.ok(problem.title.length > 0)
  return problem
}

// at names the field that a refusal is about.
export function at(problem: Schemas['Problem'], field: string): Schemas['FieldError'] {
  const found = problem.errors?.find(e => e.field === field)
  assert.ok(found, `no error names ${field}: ${JSON.stringify(problem)}`)
  assert.ok(found.allowed.length > 0, `${field}: what is allowed is not said`)
  return found
}

// tag is the ETag of an answer.
export function tag(answer: Answer<unknown>): string {
  const value = answer.response.headers.get('etag') ?? ''
  assert.match(value, /^"\d+"$/, answer.response.url)
  return value
}

// unchanged asks again with an ETag: 304, and no body.
export async function unchanged(ask: (etag: string) => Promise<Answer<unknown>>, etag: string): Promise<void> {
  const again = await ask(etag)
  assert.equal(again.response.status, 304, again.response.url)
  assert.equal(again.data, undefined)
}

interface Page<T> {
  items: T[]
  complete: boolean
  next?: string
}

// walk reads all pages, and wants what it was promised: nothing missing, nothing twice.
export async function walk<T>(ask: (cursor?: string) => Promise<Page<T>>, key: (item: T) => string): Promise<T[]> {
  const all = new Map<string, T>()
  let pages = 0
  for (let cursor: string | undefined; ; pages++) {
    const page = await ask(cursor)
    assert.equal(page.complete, true)
    for (const item of page.items) {
      assert.ok(!all.has(key(item)), `${key(item)} is there twice`)
      all.set(key(item), item)
    }
    cursor = page.next
    if (!cursor) break
    assert.ok(pages < 1000, 'pages without end')
  }
  return [...all.values()]
}

// eventually asks until there is an answer, for what happens behind the API's back.
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await ask()
    if (found !== undefined) return found
    await new Promise(done => setTimeout(done, 100))
  }
  throw new Error(`not within 30 s: ${what}`)
}

// sum adds up.
export function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}

// lines cuts a file of lines, each of which ends with a line feed.
export function lines(file: string): string[] {
  assert.ok(file.endsWith('\n'), 'the file does not end with a line feed')
  return file.slice(0, -1).split(/\r?\n/)
}

// World is what the walk begins with: a server that has seen attacks, and who asks.
export interface World {
  base: string
  admin: Person
  mona: Person // an analyst who may not read packets
  victor: Person // a viewer
  from: string // all that happened lies between
  to: string
}
