import { useEffect, useRef, useState } from 'react'
import type { Span } from './span'

/**
 * Holds a span that moves along still, so that a list does not change under who reads it. It is taken anew when another span is chosen, when `renew` is
 * called, and every `every` ms while `calm` says that nobody would mind.
 */
export function useStill(span: Span, calm: () => boolean, every = 60_000): [Span, () => void] {
  const name = span.last ?? `${span.from} ${span.to}`
  const [held, hold] = useState({ name, span })
  const latest = useRef({ span, calm, name })
  latest.current = { span, calm, name }
  const renew = () => hold({ name: latest.current.name, span: latest.current.span })
  useEffect(() => {
    const t = setInterval(() => { if (latest.current.calm()) renew() }, every)
    return () => clearInterval(t)
  }, [every])
  if (held.name !== name) hold({ name, span })
  return [held.name === name ? held.span : span, renew]
}
