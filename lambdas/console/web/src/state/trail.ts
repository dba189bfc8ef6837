// The way through a list: what a list showed, in its order, so that the page of one member can lead to the next and back to the list as it was.
// It is kept by the tab: a reload keeps it, and another tab has its own.

/** What a list leaves behind when one of its members is opened. */
export interface Trail {
  list: string // the path of the list with its query: where "back" leads
  ids: readonly string[]
}

/** Where a member stands in its list. */
export interface Step {
  list: string
  place: number // from 1
  of: number
  before?: string
  next?: string
}

const name = (of: string) => `mirrorwatch.trail.${of}`

/** The most members that are remembered: around the one that is opened. */
const most = 2000

/** Remembers what a list of `of` ("detections") shows. `here` is the member that is opened. */
export function leaveTrail(of: string, t: Trail, here?: string): void {
  const at = here === undefined ? 0 : Math.max(0, t.ids.indexOf(here))
  const from = Math.max(0, Math.min(at - most / 2, t.ids.length - most))
  try {
    sessionStorage.setItem(name(of), JSON.stringify({ list: t.list, ids: t.ids.slice(from, from + most) }))
  } catch {
    // A browser that keeps nothing leads from the member to the whole list only.
  }
}

/** Gives where a member stands in the list that was shown last; undefined where it was not in it. */
export function stepOf(of: string, id: string): Step | undefined {
  const t = remembered(of)
  const at = t?.ids.indexOf(id) ?? -1
  if (!t || at < 0) return undefined
  return { list: t.list, place: at + 1, of: t.ids.length, before: t.ids[at - 1], next: t.ids[at + 1] }
}

function remembered(of: string): Trail | undefined {
  try {
    const t: unknown = JSON.parse(sessionStorage.getItem(name(of)) ?? 'null')
    return isTrail(t) ? t : undefined
  } catch {
    return undefined
  }
}

// Only a path of this console is a list: what is kept may have been written by anything that ran here.
function isTrail(t: unknown): t is Trail {
  const x = t as Partial<Trail> | null
  return typeof x === 'object' && x !== null && typeof x.list === 'string' && /^\/(?![/\\])/.test(x.list) && Array.isArray(x.ids) && x.ids.every((i) => typeof i === 'string')
}
