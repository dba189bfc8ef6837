// What somebody was typing: it outlives a session that ends and a page that is loaded anew, and goes with the tab.
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTell } from '../shell/Messages'
import { useMe, useNameNow } from './me'

const prefix = 'mirrorwatch.draft.'

/** The most characters of a draft that are kept: what is longer is typed anew after a reload. */
const most = 100_000

export interface Draft<T> {
  value: T
  set: (change: T | ((now: T) => T)) => void
  found: boolean // what is there was typed before, and the form was left in between
  forget: () => void // once it is sent or given up
  restart: () => void // back to what the form began with
  rests: number // the revision that it was begun on: somebody may have been faster while the form was closed
  restOn: (revision: number) => void
  left: () => boolean // whether something is kept that was neither sent nor given up
}

interface Kept {
  value: unknown
  rests: number
}

/** Keeps what is typed under a name, for whoever is signed in: the next one at the same browser finds nothing of it. The start is only read where nothing is kept; a draft that does not fit it is left alone. `revision`: what the start is of. */
export function useDraft<T>(form: string, start: T, fits: (kept: unknown) => kept is T, revision = 0): Draft<T> {
  const name = `${useMe().name}.${form}`
  const [first] = useState(() => load(name, fits))
  const [value, set] = useState<T>(first ? first.value : start)
  const [rests, restOn] = useState(first?.rests ?? revision)
  const [found, setFound] = useState(first !== undefined && JSON.stringify(first.value) !== JSON.stringify(start))
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (done || JSON.stringify(value) === JSON.stringify(start)) drop(name)
    else keep(name, { value, rests })
  }, [name, value, rests, done]) // eslint-disable-line
  const left = useRef(false)
  left.current = !done && JSON.stringify(value) !== JSON.stringify(start)
  const forget = useCallback(() => {
    left.current = false // at once: the form may be gone before it is drawn again
    setDone(true)
    drop(name)
  }, [name])
  const restart = () => {
    setFound(false)
    set(start)
    restOn(revision)
  }
  return { value, set, found, forget, restart, rests, restOn, left: () => left.current }
}

/** Says that what was typed is kept, where a form in a dialog is closed with it: whoever pressed Escape by mistake has lost nothing. */
export function useSaidWhenLeft({ left }: Pick<Draft<unknown>, 'left'>): void {
  const tell = useTell()
  const { name } = useMe()
  const now = useNameNow()
  const latest = useRef(left)
  latest.current = left
  useEffect(() => () => {
    if (latest.current() && now.current === name) tell({ type: 'info', text: 'What you typed is kept until you close this tab: it is there when you open the form again. Cancel gives it up.' })
  }, [tell, now, name])
}

function load<T>(name: string, fits: (kept: unknown) => kept is T): { value: T; rests: number } | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(prefix + name) ?? 'null') as Partial<Kept> | null
    return kept && fits(kept.value) && typeof kept.rests === 'number' ? { value: kept.value, rests: kept.rests } : undefined
  } catch {
    return undefined
  }
}

function keep(name: string, value: Kept): void {
  try {
    const text = JSON.stringify(value)
    if (text.length <= most) sessionStorage.setItem(prefix + name, text)
  } catch {
    // A browser that keeps nothing loses a draft on a reload, and nothing else.
  }
}

function drop(name: string): void {
  try {
    sessionStorage.removeItem(prefix + name)
  } catch {
    // Nothing was kept.
  }
}
