// What somebody was typing: it outlives a session that ends and a page that is loaded anew, and goes with the tab.
import { useCallback, useEffect, useState } from 'react'
import { useMe } from './me'

const prefix = 'mirrorwatch.draft.'

/** The most characters of a draft that are kept: what is longer is typed anew after a reload. */
const most = 100_000

export interface Draft<T> {
  value: T
  set: (change: T | ((now: T) => T)) => void
  found: boolean // what is there was typed before, and the form was left in between
  forget: () => void // once it is sent or given up
  restart: () => void // back to what the form began with
}

/** Keeps what is typed under a name, for whoever is signed in: the next one at the same browser finds nothing of it. The start is only read where nothing is kept; a draft that does not fit it is left alone. */
export function useDraft<T>(form: string, start: T, fits: (kept: unknown) => kept is T): Draft<T> {
  const name = `${useMe().name}.${form}`
  const [first] = useState(() => load(name, fits))
  const [value, set] = useState<T>(first ?? start)
  const [found, setFound] = useState(first !== undefined && JSON.stringify(first) !== JSON.stringify(start))
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (done || JSON.stringify(value) === JSON.stringify(start)) drop(name)
    else keep(name, value)
  }, [name, value, done]) // eslint-disable-line
  const forget = useCallback(() => {
    setDone(true)
    drop(name)
  }, [name])
  const restart = () => {
    setFound(false)
    set(start)
  }
  return { value, set, found, forget, restart }
}

function load<T>(name: string, fits: (kept: unknown) => kept is T): T | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(prefix + name) ?? 'null')
    return fits(kept) ? kept : undefined
  } catch {
    return undefined
  }
}

function keep(name: string, value: unknown): void {
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
