// Where one is, asked once for a long list: each of its hundreds of links and times would else watch the address for itself, which costs more
// than to draw it.
import { createContext, useMemo, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { useLink, type Query } from './url'
import { useZone, type Zone } from './zone'

/** What links and times need to know of the address. It stays the same object while that does. */
export interface Here {
  link: (path: string, query?: Query) => string
  navigate: (to: string) => void
  zone: Zone
}

/** What is around a long list; undefined where there is none, and each asks for itself. */
export const Hereabouts = createContext<Here | undefined>(undefined)

/** Asks once for all links and times within. */
export function Gathered({ children }: { children: ReactNode }): ReactNode {
  const [, navigate] = useLocation()
  const link = useLink()
  const [zone] = useZone()
  const here = useMemo(() => ({ link, navigate, zone }), [link, navigate, zone])
  return <Hereabouts.Provider value={here}>{children}</Hereabouts.Provider>
}
