// Who is signed in. Nobody: the page of signing in. Nobody any more: a dialog over the page, so that what was typed stays.
import { useQueryClient } from '@tanstack/react-query'
import { createContext, Fragment, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from 'react'
import { api, carry, Problem, told, whenStale, whenUnauthorized } from '../api/client'
import { asProblem, waitAfter } from '../api/read'
import type { Me } from '../api/names'
import { useTell } from '../shell/Messages'
import { WhoIsIn } from '../state/me'
import { Failed } from '../ui/Panel'
import { Expired } from './Expired'
import { Front } from './Front'
import { MustChange } from './MustChange'
import { Handed, SignIn } from './SignIn'
import { whoIsIn, type Found, type How } from './how'
import { useLookedAtAgain } from './lookedAt'
import { listen, say } from './tabs'
import './session.css'

type State = { is: 'asking' } | { is: 'failed'; problem: Problem } | Exclude<Found, { is: 'in' }> | { is: 'in'; me: Me; how: How; expired: boolean }

interface Own {
  signOut: () => void
  changed: (me: Me) => void // one's own password was changed: there is a new session
}

const OwnSession = createContext<Own>({ signOut: () => {}, changed: () => {} })

/** Gives what one can do with one's own session. */
export const useOwnSession = (): Own => useContext(OwnSession)

export function Session({ children }: { children: ReactNode }): ReactNode {
  const { state, enter, signOut, again } = useSession()
  if (state.is === 'asking') return <main className="mw-start"><p className="mw-boot" role="status">Mirrorwatch is loading</p></main> // as index.html has it
  if (state.is === 'failed') return <Front title="Not there yet"><Failed problem={state.problem} again={again} /></Front>
  if (state.is === 'handed') return <Handed />
  if (state.is === 'nobody') return <SignIn how={state.how} why={state.why} enter={(me) => enter(me, state.how)} />
  const entered = (me: Me) => enter(me, state.how)
  return (
    <OwnSession.Provider value={{ signOut, changed: entered }}>
      <WhoIsIn me={state.me}>
        {state.me.must_change ? <MustChange changed={entered} /> : <Fragment key={state.me.name}>{children}</Fragment>}
      </WhoIsIn>
      {state.expired && <Expired name={state.me.name} how={state.how} enter={entered} leave={signOut} />}
    </OwnSession.Provider>
  )
}

interface Waiting {
  promise: Promise<void>
  yes: () => void
  no: (why: Problem) => void
}

// useSession is the session's course: asked for, entered, ended, left.
function useSession() {
  const [state, setState] = useState<State>({ is: 'asking' })
  const latest = useRef(state)
  const waiting = useRef<Waiting>(undefined) // what requests wait for while nobody is in
  const queries = useQueryClient()
  const tell = useTell()

  const set = useCallback((s: State) => {
    latest.current = s
    setState(s)
  }, [])

  const enter = useCallback((me: Me, how: How, quiet = false) => {
    const before = latest.current
    const other = before.is === 'in' && before.me.name !== me.name
    carry(how.kind === 'local' ? { csrf: me.csrf_token } : { bearer: () => how.cognito.bearer() })
    if (other) {
      waiting.current?.no(somebodyElse(before.me.name))
      queries.clear()
      tell({ type: 'info', text: `You are signed in as ${me.name} now. Everything was loaded anew.` })
    }
    set({ is: 'in', me, how, expired: false })
    waiting.current?.yes()
    waiting.current = undefined
    if (!other) void queries.invalidateQueries({}, { cancelRefetch: false })
    if (!quiet) say({ said: 'in' })
  }, [queries, set, tell])

  const leave = useCallback((how: How, why?: string) => {
    carry({})
    if (how.kind === 'cognito') how.cognito.forget()
    waiting.current?.no(new Problem(401, 'You have signed out', 'This was not done.'))
    waiting.current = undefined
    queries.clear()
    set({ is: 'nobody', how, why })
  }, [queries, set])

  useEffect(() => whenUnauthorized(() => {
    const s = latest.current
    if (s.is !== 'in') return Promise.reject(new Problem(401, 'Sign in first'))
    waiting.current ??= newWaiting()
    if (!s.expired) set({ ...s, expired: true })
    return waiting.current.promise
  }), [set])

  const ask = useCallback(async (quiet: boolean) => {
    try {
      const found = await whoIsIn()
      if (found.is === 'in') enter(found.me, found.how, quiet)
      else if (latest.current.is !== 'in') set(found)
    } catch (e) {
      if (latest.current.is !== 'in') set({ is: 'failed', problem: asProblem(e) })
    }
  }, [enter, set])
  useAsking(state, ask)
  useEffect(() => whenStale(async () => {
    const before = latest.current
    await ask(true)
    if (before.is === 'in' && latest.current.is === 'in' && latest.current.me.name !== before.me.name) throw somebodyElse(before.me.name)
  }), [ask])
  useLookedAtAgain(latest, enter)

  useEffect(() => listen((word) => {
    const s = latest.current
    if (s.is !== 'in' && s.is !== 'nobody') return
    if (word.said === 'out') leave(s.how, 'You signed out in another tab.')
    if (word.said === 'in' && s.how.kind === 'local') void ask(true)
  }), [ask, leave])

  const signOut = useCallback(() => {
    const s = latest.current
    if (s.is === 'in') void signedOut(s.how).then((to) => location.assign(to), (e: unknown) => tell({ type: 'error', text: `You could not be signed out: ${asProblem(e).message}` }))
  }, [tell])
  return { state, enter, signOut, again: () => void ask(true) }
}

// signedOut ends the session and gives the place to go to.
async function signedOut(how: How): Promise<string> {
  if (how.kind === 'cognito') {
    say({ said: 'out' })
    return how.cognito.end()
  }
  await told(api.DELETE('/v1/session')).catch((e: unknown) => {
    if (asProblem(e).status !== 401) throw e
  })
  say({ said: 'out' })
  return '/sign-in'
}

const somebodyElse = (name: string) => new Problem(401, 'Somebody else signed in', `${name} is no longer signed in here; this was not done.`)

function newWaiting(): Waiting {
  let yes = () => {}
  let no: Waiting['no'] = () => {}
  const promise = new Promise<void>((y, n) => { [yes, no] = [y, n] })
  promise.catch(() => {}) // whoever waited may have gone
  return { promise, yes, no }
}

// useAsking asks who is in, and asks again while that cannot be told.
function useAsking(state: State, ask: (quiet: boolean) => Promise<void>): void {
  const failures = useRef(0)
  useEffect(() => {
    if (state.is !== 'asking' && state.is !== 'failed') return
    const t = setTimeout(() => void ask(true), state.is === 'failed' ? waitAfter(failures.current++) : 0)
    return () => clearTimeout(t)
  }, [state, ask])
}
