import { useEffect, useRef, useState } from 'react'
import type { Estimate } from './estimate'
import type { Answer, Question } from './worker'

/** ms for which nothing is typed before a password is estimated. */
const rest = 200

/** Gives how hard a password is to guess; undefined while that is not known yet, and 'never' where it cannot be told. */
export function useEstimate(password: string, own: readonly string[]): Estimate | 'never' | undefined {
  const asked = useRef(0)
  const worker = useRef<Worker>(undefined)
  const [said, say] = useState<{ of: string; is: Estimate }>()
  const [broken, setBroken] = useState(false)
  const about = own.join('\n')
  useEffect(() => () => worker.current?.terminate(), [])
  useEffect(() => {
    if (!password || broken) return
    const t = setTimeout(() => {
      const w = (worker.current ??= started(() => setBroken(true)))
      const question: Question = { n: ++asked.current, password, own: about.split('\n').filter(Boolean) }
      if (!w) return setBroken(true)
      w.onmessage = (e: MessageEvent<Answer>) => {
        if (e.data.n === asked.current) say({ of: password, is: { level: e.data.level, why: e.data.why } })
      }
      w.postMessage(question)
    }, rest)
    return () => clearTimeout(t)
  }, [password, about, broken])
  if (broken) return 'never'
  return said?.of === password ? said.is : undefined
}

function started(failed: () => void): Worker | undefined {
  try {
    const w = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    w.onerror = failed
    return w
  } catch {
    return undefined
  }
}
