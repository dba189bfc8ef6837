import { useSyncExternalStore } from 'react'

const room = () => matchMedia('(min-width: 1251px)')

function watch(tell: () => void): () => void {
  const media = room()
  media.addEventListener('change', tell)
  return () => media.removeEventListener('change', tell)
}

/** Whether there is room for something beside the list. */
export const useWide = (): boolean => useSyncExternalStore(watch, () => room().matches)
