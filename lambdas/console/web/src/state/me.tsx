// Who is signed in, and what they may.
import { createContext, useContext, useEffect, useRef, type ReactNode, type RefObject } from 'react'
import type { Me } from '../api/names'
import type { operations } from '../api/schema'

export type Operation = keyof operations

const Who = createContext<Me | undefined>(undefined)
const Now = createContext<RefObject<string | undefined>>({ current: undefined })

export function WhoIsIn({ me, children }: { me: Me; children: ReactNode }): ReactNode {
  const now = useRef<string>(undefined)
  now.current = me.name
  useEffect(() => () => { now.current = undefined }, []) // before what is within is taken down: nobody is in by then
  return <Now.Provider value={now}><Who.Provider value={me}>{children}</Who.Provider></Now.Provider>
}

/** Gives who is signed in. Pages are only shown to somebody. */
export function useMe(): Me {
  const me = useContext(Who)
  if (!me) throw new Error('a page was shown to nobody')
  return me
}

/** Gives what tells who is signed in by the time it is asked, for what goes on when a page is gone; undefined: nobody. */
export const useNameNow = (): RefObject<string | undefined> => useContext(Now)

/** Says why one may not call an operation; undefined: one may. What one may not do is shown disabled, with this beside it. */
export function useDenied(operation: Operation): string | undefined {
  const me = useMe()
  if (me.rights.includes(operation)) return undefined
  return operation === 'getPackets' ? 'You need the right to read packets: an administrator gives it.' : `Your role is ${me.role}, which may not do this.`
}
