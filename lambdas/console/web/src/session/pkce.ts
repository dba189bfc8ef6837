// Proof Key for Code Exchange (RFC 7636): whoever catches the code on its way cannot use it without the verifier, which never leaves the page.

/** Gives 32 random bytes in the letters of a URL: 43 of them, as RFC 7636, 4.1 wants at least. */
export function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

/** Gives the challenge that belongs to a verifier: S256. */
export async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

/** Base64 in the letters of a URL, without padding. */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** Reads what a JSON web token claims. Its signature is not looked at: it came straight from the token endpoint (OpenID Connect Core, 3.1.3.7), and the API checks it. */
export function claimsOf(token: string): Record<string, unknown> {
  try {
    const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
