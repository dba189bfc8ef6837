import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, carried, carry, Problem, told, whenUnauthorized } from './client'

let asked: { url: string; method: string; csrf: string | null; bearer: string | null; body: string }[] = []
let answers: (() => Response)[] = []

beforeEach(() => {
  asked = []
  answers = []
  vi.stubGlobal('fetch', async (r: Request) => {
    asked.push({ url: new URL(r.url).pathname, method: r.method, csrf: r.headers.get('X-CSRF-Token'), bearer: r.headers.get('Authorization'), body: await r.clone().text() })
    return (answers.shift() ?? (() => new Response('{}', { status: 200, headers: { 'Content-Type': 'application/json' } })))()
  })
  carry({ csrf: 'old' })
})
afterEach(() => void vi.unstubAllGlobals())

const refused = () => new Response(JSON.stringify({ type: '/problems/sign-in', title: 'Sign in first', status: 401 }), { status: 401, headers: { 'Content-Type': 'application/problem+json' } })
const note = () => api.POST('/v1/detections/{id}/notes', { params: { path: { id: 'd1' } }, body: { text: 'seen' } })

test('a change that was refused for want of a session is sent again, once, with the new session and the same body', async () => {
  answers = [refused]
  whenUnauthorized(async () => carry({ csrf: 'new' }))
  await told(note())
  expect(asked.map((a) => [a.method, a.csrf, a.body])).toEqual([['POST', 'old', '{"text":"seen"}'], ['POST', 'new', '{"text":"seen"}']])
})

test('it is sent again only once', async () => {
  answers = [refused, refused]
  whenUnauthorized(async () => carry({ csrf: 'new' }))
  await expect(told(note())).rejects.toMatchObject({ status: 401 })
  expect(asked.length).toBe(2)
})

test('where somebody else signs in the change is not made', async () => {
  answers = [refused]
  whenUnauthorized(() => Promise.reject(new Problem(401, 'Somebody else signed in')))
  await expect(told(note())).rejects.toMatchObject({ title: 'Somebody else signed in' })
  expect(asked.length).toBe(1)
})

test('several requests that find the session ended ask for one, and an answer that comes late asks for none', async () => {
  const told401 = vi.fn(async () => carry({ csrf: 'new' }))
  whenUnauthorized(told401)
  let late: (r: Response) => void = () => {}
  answers = [() => refused()]
  const fetched = globalThis.fetch
  vi.stubGlobal('fetch', (r: Request) => (new URL(r.url).pathname === '/v1/status' && asked.length === 0 ? new Promise<Response>((yes) => { late = yes }) : fetched(r)))
  const slow = told(api.GET('/v1/status'))
  await told(note())
  late(refused())
  await slow
  expect(told401).toHaveBeenCalledOnce()
})

test('a wrong password is an answer, not the end of a session', async () => {
  const told401 = vi.fn(async () => {})
  whenUnauthorized(told401)
  answers = [refused]
  await expect(told(api.POST('/v1/session', { body: { name: 'a', password: 'b' } }))).rejects.toMatchObject({ status: 401 })
  expect(told401).not.toHaveBeenCalled()
})

test('whoever no longer waits for an answer waits for no session either', async () => {
  answers = [refused]
  whenUnauthorized(() => new Promise(() => {}))
  const stop = new AbortController()
  const asking = told(api.GET('/v1/status', { signal: stop.signal }))
  setTimeout(() => stop.abort(), 10)
  await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
})

test('a token goes along, and to no other origin', async () => {
  carry({ bearer: async () => 'token' })
  await carried('/v1/detections/export')
  expect(asked[0]?.bearer).toBe('Bearer token')
  await expect(carried('https://elsewhere.example/v1/x')).rejects.toMatchObject({ title: 'Nothing is asked of another origin' })
  expect(asked.length).toBe(1)
})

test('how long to wait is read off the answer', async () => {
  answers = [() => new Response(JSON.stringify({ type: '/problems/locked', title: 'Locked for a while', status: 429 }), { status: 429, headers: { 'Retry-After': '120' } })]
  await expect(told(api.POST('/v1/session', { body: { name: 'a', password: 'b' } }))).rejects.toMatchObject({ wait: 120, type: '/problems/locked', passing: true })
})
