// Asks the API itself, beside the console: what is true is what it says.
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from '../src/api/schema'

export type Me = components['schemas']['Me']
export type Detection = components['schemas']['Detection']

/** Somebody at the API, by a session. */
export class Caller {
  readonly api: Client<paths>
  cookie = { name: '', value: '' }
  private csrf = ''

  constructor(readonly url: string) {
    this.api = createClient<paths>({ baseUrl: url })
    this.api.use({
      onRequest: ({ request }) => {
        if (this.cookie.name) request.headers.set('Cookie', `${this.cookie.name}=${this.cookie.value}`)
        if (this.csrf) request.headers.set('X-CSRF-Token', this.csrf)
        return request
      },
      onResponse: ({ response }) => {
        const [set] = response.headers.getSetCookie()
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set ?? '') ?? []
        if (name && value) this.cookie = { name, value }
        return undefined
      },
    })
  }

  /** Somebody whose session is open already. */
  static async with(url: string, cookie: { name: string; value: string }): Promise<Caller> {
    const c = new Caller(url)
    c.cookie = cookie
    c.csrf = (await c.well(c.api.GET('/v1/me'))).csrf_token ?? ''
    return c
  }

  /** Opens a session; where an address has tried too often, it waits as it is told to. */
  async signIn(name: string, password: string): Promise<Me> {
    for (;;) {
      const a = await this.api.POST('/v1/session', { body: { name, password } })
      if (a.response.status === 429) {
        await new Promise((done) => setTimeout(done, 1000 * Number(a.response.headers.get('Retry-After') ?? 2)))
        continue
      }
      const me = await this.well(Promise.resolve(a))
      this.csrf = me.csrf_token ?? ''
      return me
    }
  }

  /** What the API answered, or why it did not. */
  async well<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
    const { data, error, response } = await asked
    if (!response.ok) throw new Error(`${response.url}: ${response.status}: ${JSON.stringify(error)}`)
    return data as T
  }
}
