import { useEffect, useRef } from 'react'

/** Puts the keyboard, and a screen reader with it, on the page's heading, or on its content where it has none. */
export function focusContent(): void {
  const place = document.querySelector<HTMLElement>('main h1') ?? document.querySelector<HTMLElement>('main')
  if (!place) return
  place.tabIndex = -1
  place.focus({ preventScroll: true })
}

const patience = 4_000 // ms for which a heading is waited for, and kept in sight: a page that loads may put another in its place
const leaving = 150 // ms in which the page before may still be there

/** Focuses the heading of each page that one comes to; not that of the first, where the browser itself begins. Whoever types meanwhile is left alone. */
export function useFocusOnArrival(path: string): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    scrollTo(0, 0)
    return arriving(document.querySelector('main h1'))
  }, [path])
}

function arriving(left: Element | null): () => void {
  const began = Date.now()
  let ours: Element | null = null
  const t = setInterval(() => {
    const past = Date.now() - began
    const heading = document.querySelector('main h1')
    const active = document.activeElement
    const elsewhere = ours ? active !== ours && active !== document.body : typing(active)
    if (past > patience && !ours && !elsewhere) focusContent()
    if (past > patience || elsewhere) return clearInterval(t)
    if (!heading || heading === active || (heading === left && past < leaving)) return
    focusContent()
    ours = document.activeElement
  }, 50)
  return () => clearInterval(t)
}

// Whoever came here by the search is still in it, and has typed nothing new.
const typing = (e: Element | null) =>
  e !== null && /^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName) && (e.closest('#mw-top') === null || (e instanceof HTMLInputElement && e.value !== ''))
