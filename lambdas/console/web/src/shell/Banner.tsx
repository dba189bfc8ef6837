import Flashbar from '@cloudscape-design/components/flashbar'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore, type ReactNode } from 'react'
import { api, reachable, whenReachable } from '../api/client'
import { waitAfter } from '../api/read'

/** Says once for all panels that the server cannot be reached. It asks until it can, and then has everything asked anew. */
export function Banner(): ReactNode {
  const is = useSyncExternalStore(whenReachable, reachable)
  const queries = useQueryClient()
  const failures = useRef(0)
  useEffect(() => {
    if (is === 'yes') return
    let t: ReturnType<typeof setTimeout>
    const ask = () => {
      t = setTimeout(() => void api.GET('/v1/health').catch(() => undefined).then(() => reachable() !== 'yes' && ask()), waitAfter(failures.current++))
    }
    ask()
    return () => {
      clearTimeout(t)
      failures.current = 0
      if (reachable() === 'yes') void queries.invalidateQueries({}, { cancelRefetch: false })
    }
  }, [is, queries])
  if (is === 'yes') return null
  return (
    <Flashbar
      i18nStrings={{ ariaLabel: 'Connection' }}
      items={[{
        id: 'connection', type: 'warning', ariaRole: 'status', header: is === 'slow' ? 'The server is slow' : 'The server cannot be reached',
        content: 'What you see is what came last. It is tried again by itself, and this goes away once the server answers.',
      }]}
    />
  )
}
