import { useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'

let printing = false

/** Whether the page is being printed: then what is only of use on a screen goes, and colours are those of paper. */
export function usePrinting(): boolean {
  return useSyncExternalStore(watch, () => printing)
}

function watch(tell: () => void): () => void {
  const set = (now: boolean) => () => {
    printing = now
    flushSync(tell) // the browser draws the paper as soon as this returns
  }
  const [begin, end] = [set(true), set(false)]
  addEventListener('beforeprint', begin)
  addEventListener('afterprint', end)
  return () => {
    removeEventListener('beforeprint', begin)
    removeEventListener('afterprint', end)
  }
}
