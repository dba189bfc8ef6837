import { useEffect, useRef, useState, type RefObject } from 'react'

/** Gives an element's width in pixels, now and whenever it changes. Before it is known, and where nothing is laid out, it is `first`. */
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
  return [ref, width]
}
