import { useEffect, useRef } from 'react'

/** Puts the keyboard, and a screen reader with it, on the page's heading, or on its content where it has none. */
export function focusContent(): void {
  const place = document.querySelector<HTMLElement>('main h1') ?? document.querySelector<HTMLElement>('main')
  if (!place) return
  place.tabIndex = -1
  place.focus({ preventScroll: true })
}

const patience = 3_000 // ms for which a heading is waited for: the page may still be loading

/** Focuses the heading of each page that one comes to; not that of the first, where the browser itself begins. Whoever types meanwhile is left alone. */
export function useFocusOnArrival(path: string): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    scrollTo(0, 0)
    const began = Date.now()
    const left = document.querySelector('main h1')
    const t = setInterval(() => {
      const heading = document.querySelector('main h1')
      const late = Date.now() - began > patience
      if ((!heading || (heading === left && Date.now() - began < 150)) && !late) return
      clearInterval(t)
      if (!/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '') || document.activeElement?.closest('#mw-top')) focusContent()
    }, 50)
    return () => clearInterval(t)
  }, [path])
}
