import { useEffect, useRef, useState, type RefObject } from 'react'
import { usePrinting } from '../state/printing'

const paper = 640 // pixels that a panel has on A4 and on letter paper, upright

/**
 * Gives an element's width in pixels, now and whenever it changes. Before it is known, and where nothing is laid out, it is `first`.
 * What is printed is drawn before the paper is laid out: then it is no more than that has room for.
 */
export function useWidth<E extends Element>(first = 640): [RefObject<E | null>, number] {
  const ref = useRef<E>(null)
  const [width, set] = useState(first)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const measure = () => set(Math.round(element.getBoundingClientRect().width) || first)
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(element)
    return () => watch.disconnect()
  }, [first])
  const printing = usePrinting()
  return [ref, printing ? Math.min(width, paper) : width]
}
