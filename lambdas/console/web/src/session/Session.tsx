// Who is signed in. Nobody: the page of signing in. Nobody any more: a dialog over the page, so that what was typed stays.
import { useQueryClient } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react'
import { api, carry, Problem, told, whenUnauthorized } from '../api/client'
import { asProblem, waitAfter } from '../api/read'
import type { Me } from '../api/names'
import { WhoIsIn } from '../state/me'
import { Failed, Loading } from '../ui/Panel'
import { Expired } from './Expired'
import { SignIn } from './SignIn'

type State = { is: 'asking' } | { is: 'nobody' } | { is: 'failed'; problem: Problem } | { is: 'in'; me: Me; expired: boolean }

const SignOut = createContext<() => void>(() => {})

/** Gives what signs out. */
export const useSignOut = (): (() => void) => useContext(SignOut)

export function Session({ children }: { children: ReactNode }): ReactNode {
  const [state, setState] = useState<State>({ is: 'asking' })
  const queries = useQueryClient()
  const enter = useCallback((me: Me) => {
    carry({ csrf: me.csrf_token })
    setState({ is: 'in', me, expired: false })
    void queries.refetchQueries({ type: 'active' })
  }, [queries])
  const out = useCallback(() => {
    void told(api.DELETE('/v1/session')).catch(() => undefined).then(() => location.assign('/sign-in'))
  }, [])
  useEffect(() => whenUnauthorized(() => setState((s) => (s.is === 'in' ? { ...s, expired: true } : { is: 'nobody' }))), [])
  useAsking(state, setState, enter)
  if (state.is === 'asking') return <Loading lines={6} />
  if (state.is === 'failed') return <Failed problem={state.problem} again={() => setState({ is: 'asking' })} />
  if (state.is === 'nobody') return <SignIn enter={enter} />
  return (
    <SignOut.Provider value={out}>
      <WhoIsIn me={state.me}>{children}</WhoIsIn>
      {state.expired && <Expired name={state.me.name} enter={enter} />}
    </SignOut.Provider>
  )
}

// useAsking asks the API who is in, and asks again while it cannot be reached.
function useAsking(state: State, set: (s: State) => void, enter: (me: Me) => void): void {
  const [failures, count] = useState(0)
  useEffect(() => {
    if (state.is !== 'asking' && state.is !== 'failed') return
    const ask = () =>
      told(api.GET('/v1/me')).then(enter, (e: unknown) => {
        const p = asProblem(e)
        count(failures + 1)
        set(p.status === 401 ? { is: 'nobody' } : { is: 'failed', problem: p })
      })
    const t = setTimeout(ask, state.is === 'failed' ? waitAfter(failures) : 0)
    return () => clearTimeout(t)
  }, [state, set, enter, failures])
}
