import { useEffect, useState } from 'react'

/** Gives the time, in ms of the Unix epoch, rounded up to the step and renewed with it. */
export function useNow(step: number): number {
  const [now, set] = useState(() => rounded(Date.now(), step))
  useEffect(() => {
    const t = setInterval(() => set(rounded(Date.now(), step)), step)
    return () => clearInterval(t)
  }, [step])
  return now
}

const rounded = (ms: number, step: number) => Math.ceil(ms / step) * step
