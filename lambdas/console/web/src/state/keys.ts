// The keyboard: a page says which keys do what, and `?` lists them.
import { useEffect, useRef } from 'react'

export interface Key {
  key: string // as KeyboardEvent.key: "j", "Enter", "?"
  does: string // for the list of keys
  run: () => void
}

const held = new Set<{ current: Key[] }>()

/** The keys that hold now, those of the page last. */
export function keysNow(): Key[] {
  return [...held].flatMap((k) => k.current)
}

/** Lets keys do things while the component is shown. Whoever types, or has a dialog open, is left alone. */
export function useKeys(keys: Key[]): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    held.add(latest)
    return () => void held.delete(latest)
  }, [])
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || busy(e)) return
      const found = latest.current.find((k) => k.key === e.key)
      if (!found) return
      e.preventDefault()
      found.run()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}

// In a box that is ticked nothing is typed.
const typing = (t: EventTarget | null) =>
  t instanceof HTMLElement && (t.isContentEditable || /^(TEXTAREA|SELECT)$/.test(t.tagName) || (t instanceof HTMLInputElement && t.type !== 'checkbox' && t.type !== 'radio'))

// Enter on a button or a link is that button's, and a dialog has its own keys.
const busy = (e: KeyboardEvent) =>
  document.querySelector('[role="dialog"]:not([class*="hidden"]), [role="alertdialog"], dialog[open]') !== null ||
  (e.key === 'Enter' && e.target instanceof HTMLElement && e.target.closest('a, button, [role="button"], [role="option"], [role="menuitem"]') !== null)
