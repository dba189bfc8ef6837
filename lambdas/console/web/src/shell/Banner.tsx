// What is said once for the whole page: that the server cannot be reached, or that nothing is refreshed since nobody is there.
import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore, type ReactNode } from 'react'
import { api, reachable, whenReachable } from '../api/client'
import { waitAfter } from '../api/read'
import { isAway, lastSeen, whenAway } from '../state/idle'
import { Time } from '../ui/Time'

export function Banner(): ReactNode {
  const is = useReachable()
  const away = useAway()
  const items: FlashbarProps.MessageDefinition[] = []
  if (is !== 'yes') {
    items.push({
      id: 'connection', type: 'warning', ariaRole: 'status', header: is === 'slow' ? 'The server is slow' : 'The server cannot be reached',
      content: 'What you see is what came last. It is tried again by itself, and this goes away once the server answers.',
    })
  }
  if (away) {
    items.push({
      id: 'away', type: 'info', ariaRole: 'status', header: 'Nothing is refreshed while you are away',
      content: <>Nobody has been here since <Time at={lastSeen()} label />. Move, or press a key: everything is asked anew.</>,
    })
  }
  return items.length > 0 ? <Flashbar i18nStrings={{ ariaLabel: 'State of the page' }} items={items} /> : null
}

// useReachable asks until the server answers, and then has everything asked anew.
function useReachable(): ReturnType<typeof reachable> {
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
      if (reachable() !== 'yes') return
      failures.current = 0
      void queries.invalidateQueries({}, { cancelRefetch: false })
    }
  }, [is, queries])
  return is
}

function useAway(): boolean {
  const away = useSyncExternalStore(whenAway, isAway)
  const queries = useQueryClient()
  const was = useRef(away)
  useEffect(() => {
    if (was.current && !away) void queries.invalidateQueries({}, { cancelRefetch: false })
    was.current = away
  }, [away, queries])
  return away
}
