// Does something with many letters, one after the other: how far it is, what of it failed, and where it was ended.
import { Problem } from '../../../api/client'
import { asProblem } from '../../../api/read'

export interface Failure<T> {
  of: T
  why: string
}

export interface Course<T> {
  done: number // tried, failed ones included
  all: number
  failed: Failure<T>[]
  ended?: 'stopped' | Problem // before its end: by somebody, or since nothing more was to be had
}

interface Options<T> {
  act: (of: T) => Promise<string | undefined> // what is said where it failed
  told: (c: Course<T>) => void
  stop: AbortSignal
  pause?: (ms: number) => Promise<void>
}

/** How often a server that wants one to wait is waited for, in a row. */
const patience = 5

/** Goes through a list. One that is refused does not stop the others; a server that cannot be reached does. */
export async function each<T>(list: readonly T[], { act, told, stop, pause = rest }: Options<T>): Promise<Course<T>> {
  let c: Course<T> = { done: 0, all: list.length, failed: [] }
  let waited = 0
  told(c)
  for (let i = 0; i < list.length; ) {
    if (stop.aborted) return { ...c, ended: 'stopped' }
    const of = list[i] as T
    try {
      const why = await act(of)
      c = { ...c, done: ++i, failed: why === undefined ? c.failed : [...c.failed, { of, why }] }
      waited = 0
    } catch (e) {
      const p = asProblem(e)
      if (p.status === 429 && waited < patience) {
        waited++
        await pause(Math.max(1, p.wait) * 1000)
        continue
      }
      if (p.passing || p.status === 401) return { ...c, ended: p }
      c = { ...c, done: ++i, failed: [...c.failed, { of, why: p.message }] }
    }
    told(c)
  }
  return c
}

const rest = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))
