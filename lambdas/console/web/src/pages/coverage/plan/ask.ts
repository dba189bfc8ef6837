// What is asked of plans: the newest, and a look at once.
import { useEffect, useState } from 'react'
import { api, Problem, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { useRead, type Reading } from '../../../api/read'
import { useTell } from '../../../shell/Messages'
import type { Kind, MirrorPlan } from './words'

const often = 60_000
const soon = 2_000

/** For how long somebody waits for a plan that was asked for, in milliseconds: a function that starts, and accounts that answer slowly, take a while. */
export const patienceForALook = 3 * 60_000

/** The newest plan, or the last of a kind; null where none is kept. */
const usePlan = (kind: Kind | undefined, every: number): Reading<MirrorPlan | null> =>
  useRead(['mirror-plan', kind ?? ''], (signal) => orNone(told(api.GET('/v1/mirror/plan', { signal, params: { query: kind ? { kind } : {} } }))), { every, keep: true })

// That there is none is an answer, and no failure.
async function orNone(asked: Promise<MirrorPlan>): Promise<MirrorPlan | null> {
  try {
    return await asked
  } catch (e) {
    if (e instanceof Problem && e.status === 404) return null
    throw e
  }
}

/** Whether a look is on its way, and what became of it. */
export interface Looking {
  run: () => void
  busy: boolean // asked for, and nothing newer has come
  late: boolean // nothing came in time
  refused?: Problem // nobody can be asked from here
}

// Clocks of two functions are not the same: a plan that was begun so many milliseconds before it was asked for is taken for the answer.
const skew = 2_000

/** Reads a plan, and has the loop look: then it is read again and again until a newer one is there, or the time is up. */
export function usePlans(kind: Kind | undefined, newest: () => void): { plan: Reading<MirrorPlan | null>; looking: Looking } {
  const [waiting, wait] = useState<{ after: number; until: number }>()
  const [late, setLate] = useState(false)
  const plan = usePlan(kind, waiting ? soon : often)
  const tell = useTell()
  const at = plan.data ? Date.parse(plan.data.at) : 0
  const ask = useChange(
    async (shown: number) => Math.max(shown, Date.parse((await told(api.POST('/v1/mirror/plan'))).at) - skew),
    { touches: [], done: (after) => wait({ after, until: Date.now() + patienceForALook }), failed: (p) => p.status === 409 },
  )
  useEffect(() => {
    if (!waiting) return
    if (at > waiting.after) {
      wait(undefined)
      tell({ type: 'success', text: 'A newer plan has come.' })
      return
    }
    const over = setTimeout(() => { wait(undefined); setLate(true) }, Math.max(0, waiting.until - Date.now()))
    return () => clearTimeout(over)
  }, [waiting, at]) // eslint-disable-line
  const { busy, problem } = ask
  const run = () => {
    newest()
    setLate(false)
    ask.run(kind ? 0 : at)
  }
  return { plan, looking: { run, busy: busy || waiting !== undefined, late, refused: problem?.status === 409 ? problem : undefined } }
}
