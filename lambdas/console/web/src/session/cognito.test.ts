import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answerIn, begin, Cognito, takePending } from './cognito'
import { base64url, challengeOf } from './pkce'

const pool = { domain: 'https://pool.auth.eu-central-1.amazoncognito.com', client: 'client1', scopes: ['openid', 'email'] }
const token = (claims: object) => `h.${base64url(new TextEncoder().encode(JSON.stringify({ aud: 'client1', ...claims })))}.s`

let asked: { path: string; form: Record<string, string> }[] = []
let answer: () => [number, object]

beforeEach(() => {
  sessionStorage.clear()
  asked = []
  vi.stubGlobal('fetch', async (path: string, init: { body: URLSearchParams }) => {
    asked.push({ path, form: Object.fromEntries(init.body) })
    const [status, body] = answer()
    return new Response(JSON.stringify(body), { status })
  })
})
afterEach(() => void vi.unstubAllGlobals())

test('people are led to the pool with a challenge whose verifier stays here', async () => {
  const url = new URL(await begin(pool, '/detections/d1?zone=local'))
  const q = Object.fromEntries(url.searchParams)
  const pending = takePending()
  expect(url.origin + url.pathname).toBe('https://pool.auth.eu-central-1.amazoncognito.com/oauth2/authorize')
  expect(q).toMatchObject({
    response_type: 'code', client_id: 'client1', redirect_uri: `${location.origin}/sign-in`, scope: 'openid email', code_challenge_method: 'S256',
    code_challenge: await challengeOf(pending?.verifier ?? ''), state: pending?.state, nonce: pending?.nonce,
  })
  expect(url.href).not.toContain(pending?.verifier)
  expect(pending?.to).toBe('/detections/d1?zone=local')
  expect(takePending()).toBeUndefined()
})

test('one never lands outside of the console', async () => {
  await begin(pool, '//elsewhere.example/')
  expect(takePending()).toBeUndefined()
  await begin(pool, '/\\elsewhere.example/')
  expect(takePending()).toBeUndefined()
})

test('a code is exchanged with its verifier, at our own origin', async () => {
  await begin(pool, '/')
  const pending = takePending()
  const id = token({ nonce: pending?.nonce })
  answer = () => [200, { id_token: id, expires_in: 900, refresh_token: 'r1' }]
  const c = new Cognito(pool)
  await c.exchange({ code: 'c1', state: pending?.state ?? '' }, pending)
  expect(asked).toEqual([{ path: '/oauth2/token', form: { grant_type: 'authorization_code', code: 'c1', redirect_uri: `${location.origin}/sign-in`, code_verifier: pending?.verifier, client_id: 'client1' } }])
  expect(await c.bearer()).toBe(id)
  expect(JSON.stringify({ ...sessionStorage })).not.toContain(id)
})

test.each([
  ['another state', { state: 't.other' }, {}, 'The sign-in is not one that was begun here'],
  ['another nonce', {}, { nonce: 'other' }, 'The sign-in does not belong to this page'],
  ['another client', {}, { aud: 'client2' }, 'The sign-in is for another program'],
])('%s is refused', async (_, given, claims, title) => {
  await begin(pool, '/')
  const pending = takePending()
  answer = () => [200, { id_token: token({ nonce: pending?.nonce, ...claims }), expires_in: 900, refresh_token: 'r1' }]
  const c = new Cognito(pool)
  await expect(c.exchange({ code: 'c1', state: pending?.state ?? '', ...given }, pending)).rejects.toMatchObject({ title })
  expect(c.known).toBe(false)
})

test('tokens are renewed before they end, once for however many ask', async () => {
  let now = 1_000_000
  sessionStorage.setItem('mirrorwatch.refresh', 'r1')
  let n = 0
  answer = () => [200, { id_token: token({ n: ++n }), expires_in: 900 }]
  const c = new Cognito(pool, () => now)
  const [a, b] = await Promise.all([c.bearer(), c.bearer()])
  expect([a, asked.length]).toEqual([b, 1])
  now += 830_000
  await c.bearer()
  expect(asked.length).toBe(1)
  now += 11_000
  expect(await c.bearer()).toBe(token({ n: 2 }))
  expect(asked.length).toBe(2)
})

test('a refresh token that has ended is forgotten; one that could not be asked with is kept', async () => {
  sessionStorage.setItem('mirrorwatch.refresh', 'r1')
  const c = new Cognito(pool)
  answer = () => [503, {}]
  await expect(c.bearer()).rejects.toMatchObject({ status: 503 })
  expect(c.known).toBe(true)
  answer = () => [400, { error: 'invalid_grant' }]
  expect(await c.bearer()).toBeUndefined()
  expect(c.known).toBe(false)
})

test('signing out revokes, and ends the session of the pool', async () => {
  sessionStorage.setItem('mirrorwatch.refresh', 'r1')
  answer = () => [200, {}]
  const c = new Cognito(pool)
  const url = new URL(await c.end())
  expect(asked).toEqual([{ path: '/oauth2/revoke', form: { token: 'r1', client_id: 'client1' } }])
  expect([url.pathname, url.searchParams.get('logout_uri')]).toEqual(['/logout', `${location.origin}/sign-in`])
  expect(c.known).toBe(false)
})

test('the answer in the address is read', () => {
  expect(answerIn('?code=c&state=s')).toEqual({ code: 'c', state: 's', error: undefined })
  expect(answerIn('?error=access_denied&error_description=No&state=s')).toEqual({ code: '', state: 's', error: 'No' })
  expect(answerIn('?code=c')).toBeUndefined()
})
