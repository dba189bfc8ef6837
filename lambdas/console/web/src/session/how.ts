// How people sign in here, and who is in.
import { api, carry, problem, Problem, told } from '../api/client'
import type { Me } from '../api/names'
import { asProblem } from '../api/read'
import { answerIn, Cognito, takePending } from './cognito'
import { say } from './tabs'

export type How = { kind: 'local' } | { kind: 'cognito'; cognito: Cognito }

export type Found =
  | { is: 'nobody'; how: How; why?: string }
  | { is: 'in'; me: Me; how: How }
  | { is: 'handed' } // this is a window of its own, which has done its part

/** Asks how people sign in here. */
export async function howHere(): Promise<How> {
  const { data: s, error, response } = await api.GET('/v1/sign-in')
  if (response.status === 404) return { kind: 'local' } // a server of before it could say so keeps its users itself
  if (!s) throw problem(response.status, error, response.headers)
  if (s.kind === 'local') return { kind: 'local' }
  if (!s.domain?.startsWith('https://') || !s.client_id) throw new Problem(502, 'The server does not say how to sign in')
  return { kind: 'cognito', cognito: new Cognito({ domain: s.domain, client: s.client_id, scopes: s.scopes ?? ['openid', 'email'] }) }
}

/** Finds out who is in. Throws a Problem where that cannot be told now. */
export async function whoIsIn(): Promise<Found> {
  const how = await howHere()
  if (how.kind === 'local') return meOf(how)
  carry({ bearer: () => how.cognito.bearer() })
  const answer = location.pathname === '/sign-in' ? answerIn(location.search) : undefined
  if (answer?.state.startsWith('w.')) {
    say({ said: 'code', ...answer })
    return { is: 'handed' }
  }
  if (answer) {
    const pending = takePending()
    history.replaceState(null, '', pending?.to ?? '/') // first: a code is good once, and has no business in the history
    try {
      await how.cognito.exchange(answer, pending)
    } catch (e) {
      return { is: 'nobody', how, why: asProblem(e).message }
    }
  }
  return how.cognito.known ? meOf(how) : { is: 'nobody', how }
}

async function meOf(how: How): Promise<Found> {
  try {
    return { is: 'in', how, me: await told(api.GET('/v1/me')) }
  } catch (e) {
    if (asProblem(e).status === 401) return { is: 'nobody', how }
    throw e
  }
}
