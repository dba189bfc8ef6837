// What was done, said above the page: with its undoing where there is one, and gone by itself unless it went wrong.
import Button from '@cloudscape-design/components/button'
import Flashbar from '@cloudscape-design/components/flashbar'
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { asProblem } from '../api/read'

export interface Message {
  type: 'success' | 'info' | 'warning' | 'error' | 'busy' // busy: it goes on, and stays until it is told again
  text: ReactNode
  undo?: () => unknown // takes it back; what it throws is said
  stop?: () => void // busy: ends it
  id?: string // a message told again under the same id takes the place of the one before
}

const most = 3

/** How long a message stays, in ms, while nobody looks at it. One that can be undone stays longer. */
export const stays = { plain: 8_000, undo: 20_000 }

const Tell = createContext<(m: Message) => void>(() => {})
const Told = createContext<{ messages: Held[]; drop: (id: string) => void; tell: (m: Message) => void }>({ messages: [], drop: () => {}, tell: () => {} })

/** Gives what says something above the page. */
export const useTell = (): ((m: Message) => void) => useContext(Tell)

type Held = Message & { id: string }

/** Keeps the messages for the page within it. */
export function Messages({ children }: { children: ReactNode }): ReactNode {
  const [messages, set] = useState<Held[]>([])
  const count = useRef(0)
  const tell = useCallback((m: Message) => {
    count.current++
    const id = m.id ?? `message-${count.current}`
    set((now) => kept(now, { ...m, id }))
  }, [])
  const drop = useCallback((id: string) => set((now) => now.filter((m) => m.id !== id)), [])
  const told = useMemo(() => ({ messages, drop, tell }), [messages, drop, tell])
  return <Tell.Provider value={tell}><Told.Provider value={told}>{children}</Told.Provider></Tell.Provider>
}

/** Adds a message; of too many the oldest goes that is not busy, and errors after the others. */
export function kept(now: Held[], m: Held): Held[] {
  const at = now.findIndex((x) => x.id === m.id)
  if (at >= 0) return now.map((x, i) => (i === at ? m : x))
  const next = [...now, m]
  while (next.length > most) {
    const goes = [next.findIndex((x) => x.type !== 'busy' && x.type !== 'error'), next.findIndex((x) => x.type !== 'busy')].find((i) => i >= 0) ?? 0
    next.splice(goes, 1)
  }
  return next
}

/** Shows the messages. Whoever points at one, or is in it with the keyboard, has time. */
export function Said(): ReactNode {
  const { messages, drop, tell } = useContext(Told)
  const [held, hold] = useState(false)
  useEffect(() => {
    if (held) return
    const timers = messages.flatMap((m) => (lasts(m) ? [setTimeout(() => drop(m.id), m.undo ? stays.undo : stays.plain)] : []))
    return () => timers.forEach(clearTimeout)
  }, [messages, drop, held])
  const undo = async (m: Held) => {
    drop(m.id)
    try {
      await m.undo?.()
      tell({ type: 'success', text: 'Undone.' })
    } catch (e) {
      tell({ type: 'error', text: `It could not be undone: ${asProblem(e).message}` })
    }
  }
  return (
    <div onMouseEnter={() => hold(true)} onMouseLeave={() => hold(false)} onFocus={() => hold(true)} onBlur={() => hold(false)}>
      <Flashbar
        i18nStrings={{ ariaLabel: 'Messages' }}
        items={messages.map((m) => ({
          id: m.id,
          type: m.type === 'busy' ? 'in-progress' : m.type,
          loading: m.type === 'busy',
          content: m.text,
          ariaRole: 'status', // an alert would take the focus away from whoever types
          dismissible: m.type !== 'busy',
          dismissLabel: 'Close this message',
          onDismiss: () => drop(m.id),
          action: m.undo ? <Button onClick={() => void undo(m)}>Undo</Button> : m.stop ? <Button onClick={m.stop}>Cancel</Button> : undefined,
        }))}
      />
    </div>
  )
}

const lasts = (m: Message) => m.type === 'success' || m.type === 'info'
