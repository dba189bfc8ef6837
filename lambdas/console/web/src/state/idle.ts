// Whether anybody is there. Pages ask anew by themselves, and each question keeps the session alive: without a limit a screen that somebody
// has left would stay signed in until the session's last hour. So after a while nothing is asked until somebody moves.

/** After how many ms without a key, a click or a movement nobody is taken to be there. */
export const left = 15 * 60_000

let last = Date.now()
let away = false
let timer: ReturnType<typeof setTimeout> | undefined
const watching = new Set<() => void>()
const signs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'focus'] as const

/** Whether nobody has been there for a while. */
export const isAway = (): boolean => away

/** Since when nobody has been there, in ms of the Unix epoch. */
export const lastSeen = (): number => last

/** Watches, and tells of each change, until what it gives is called. */
export function whenAway(f: () => void): () => void {
  if (watching.size === 0) begin()
  watching.add(f)
  return () => {
    watching.delete(f)
    if (watching.size === 0) end()
  }
}

function begin(): void {
  last = Date.now()
  set(false)
  for (const s of signs) addEventListener(s, seen, { passive: true, capture: true })
  wait(left)
}

function end(): void {
  for (const s of signs) removeEventListener(s, seen, { capture: true })
  clearTimeout(timer)
  away = false
}

function seen(): void {
  last = Date.now()
  if (!away) return
  set(false)
  wait(left)
}

// One timer that is looked at when it ends: a movement of the mouse costs nothing.
function wait(ms: number): void {
  timer = setTimeout(() => {
    const rest = last + left - Date.now()
    if (rest > 0) wait(rest)
    else set(true)
  }, ms)
}

function set(now: boolean): void {
  if (away === now) return
  away = now
  watching.forEach((f) => f())
}
