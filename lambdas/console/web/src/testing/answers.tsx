// A pretended API for tests of components: what it is asked, it answers from a list; what is not on the list fails the test.
import { I18nProvider } from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import { QueryClientProvider } from '@tanstack/react-query'
import { render, type RenderResult } from '@testing-library/react'
import type { ReactNode } from 'react'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { vi } from 'vitest'
import { newQueries } from '../api/read'
import type { Me } from '../api/names'
import { WhoIsIn } from '../state/me'

/** What was asked of the API. */
export interface Request {
  method: string
  path: string // with the query
  body: unknown
  headers: Headers
}

/** An answer: JSON of status 200, or whatever a Response says. */
type Answer = (r: Request) => unknown

/** Answers requests by "METHOD /path" (without the query). Gives what was asked, in order. */
export function answering(routes: Record<string, Answer>): Request[] {
  const seen: Request[] = []
  vi.stubGlobal('fetch', async (input: globalThis.Request) => {
    const url = new URL(input.url)
    const text = await input.text()
    const request = { method: input.method, path: url.pathname + url.search, body: text ? (JSON.parse(text) as unknown) : undefined, headers: input.headers }
    seen.push(request)
    const answer = routes[`${input.method} ${url.pathname}`]
    if (!answer) return problem(404, `nothing answers ${input.method} ${url.pathname}`)
    const said = await answer(request)
    return said instanceof Response ? said : Response.json(said)
  })
  return seen
}

/** A problem as the API tells it. */
export function problem(status: number, detail: string, errors: { field: string; value: string; allowed: string }[] = []): Response {
  return Response.json({ type: 'about:blank', title: detail, status, detail, errors }, { status, headers: { 'Content-Type': 'application/problem+json' } })
}

/** Somebody who may do what is listed, or everything. */
export function somebody(role: Me['role'] = 'admin', rights?: string[]): Me {
  const all = { includes: () => true } as unknown as string[]
  return { name: 'ada', kind: 'user', role, packets: true, must_change: false, csrf_token: 'token', rights: rights ?? all }
}

/** Shows a component as the console does: signed in, at a path. */
export function shown(component: ReactNode, { me = somebody(), at = '/' }: { me?: Me; at?: string } = {}): RenderResult {
  const place = memoryLocation({ path: at })
  return render(
    <I18nProvider locale="en" messages={[messages]}>
      <QueryClientProvider client={newQueries()}>
        <Router hook={place.hook} searchHook={place.searchHook}>
          <WhoIsIn me={me}>{component}</WhoIsIn>
        </Router>
      </QueryClientProvider>
    </I18nProvider>,
  )
}
