import { useEffect, useRef, useState, type RefObject } from 'react'
import type { Size } from './view'

/** Measures an element, and goes on measuring. 800 by 500 until it was measured. */
export function useSize<E extends HTMLElement>(): [RefObject<E | null>, Size] {
  const ref = useRef<E>(null)
  const [size, set] = useState<Size>({ width: 800, height: 500 })
  useEffect(() => {
    const e = ref.current
    if (!e) return
    const measured = new ResizeObserver(() => {
      if (e.clientWidth > 0) set((s) => (s.width === e.clientWidth && s.height === e.clientHeight ? s : { width: e.clientWidth, height: e.clientHeight }))
    })
    measured.observe(e)
    return () => measured.disconnect()
  }, [])
  return [ref, size]
}
