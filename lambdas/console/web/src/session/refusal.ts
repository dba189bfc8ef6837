// What a refused password comes to, in plain words.
import { useEffect, useState } from 'react'
import type { Problem } from '../api/client'

/** Says why somebody was not let in. `left`: seconds until it may be tried again. */
export function refusal(p: Problem, left: number): string {
  const wait = left > 0 ? `Try again in ${left < 120 ? `${left} s` : `${Math.ceil(left / 60)} min`}.` : 'You can try again now.'
  if (p.type === '/problems/locked') return `Too many wrong passwords in a row: this name is locked for a while. ${wait}`
  if (p.status === 429) return `Too many attempts from this address. ${wait}`
  if (p.status === 401) return 'The name or the password is wrong. Mind capital letters; after five failures the name is locked for a while.'
  if (p.errors.length > 0) return p.errors.map((e) => `The ${e.field || 'value'} must be ${e.allowed}.`).join(' ')
  if (p.status === 0) return `${p.title}. ${p.detail}`
  return p.message
}

/** Counts the seconds down that the server makes one wait. */
export function useLeft(p: Problem | undefined): number {
  const [left, set] = useState(0)
  useEffect(() => {
    const until = Date.now() + (p?.wait ?? 0) * 1000
    const count = () => set(Math.max(0, Math.ceil((until - Date.now()) / 1000)))
    count()
    if (!p?.wait) return
    const t = setInterval(count, 1000)
    return () => clearInterval(t)
  }, [p])
  return left
}
