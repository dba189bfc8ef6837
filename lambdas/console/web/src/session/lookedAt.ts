// A tab that the browser had put to sleep hears nothing of what others say. When it is looked at again, it asks who is in.
import { useEffect, useRef, type RefObject } from 'react'
import { api } from '../api/client'
import type { Me } from '../api/names'
import type { How } from './how'

const least = 30_000 // ms between two questions

interface In {
  is: string
  me?: Me
  how?: How
  expired?: boolean
}

/** Takes over a session of another tab when this one is looked at again: somebody else may have signed in, or the same one anew. */
export function useLookedAtAgain(latest: RefObject<In>, enter: (me: Me, how: How, quiet: boolean) => void): void {
  const asked = useRef(0)
  useEffect(() => {
    const look = async () => {
      const { is, how, expired } = latest.current
      if (document.visibilityState !== 'visible' || is !== 'in' || expired || how?.kind !== 'local' || Date.now() - asked.current < least) return
      asked.current = Date.now()
      const { data: me } = await api.GET('/v1/me').catch(() => ({ data: undefined })) // no answer: what is asked next will say so
      const now = latest.current
      if (me && now.is === 'in' && now.me && (me.name !== now.me.name || me.csrf_token !== now.me.csrf_token)) enter(me, how, true)
    }
    const changed = () => void look()
    document.addEventListener('visibilitychange', changed)
    return () => document.removeEventListener('visibilitychange', changed)
  }, [latest, enter])
}
