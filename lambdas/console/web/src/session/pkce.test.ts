import { expect, test } from 'vitest'
import { base64url, challengeOf, claimsOf, random } from './pkce'

test('the example of RFC 7636, appendix B', async () => {
  const octets = new Uint8Array([
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
  ])
  const verifier = base64url(octets)
  expect(verifier).toBe('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
  expect(await challengeOf(verifier)).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

test('the example of RFC 7636, appendix A', () => {
  expect(base64url(new Uint8Array([3, 236, 255, 224, 193]))).toBe('A-z_4ME')
})

test('a verifier is 43 letters that RFC 7636 allows, and no two are alike', () => {
  const [a, b] = [random(), random()]
  expect(a).toMatch(/^[A-Za-z0-9._~-]{43}$/)
  expect(a).not.toBe(b)
})

test('a token that is none claims nothing', () => {
  expect(claimsOf('a.b')).toEqual({})
  expect(claimsOf('')).toEqual({})
  expect(claimsOf(`h.${base64url(new TextEncoder().encode('{"nonce":"né"}'))}.s`)).toEqual({ nonce: 'né' })
})
