import { useContext, type MouseEvent, type ReactNode } from 'react'
import { Link } from 'wouter'
import { Hereabouts, type Here } from '../state/here'
import { useLink, type Query } from '../state/url'
import { Wire } from './Wire'

interface Props {
  to: string
  query?: Query
  title?: string
  children: ReactNode
}

/** A link to a place within the console. */
export function Go(p: Props): ReactNode {
  const here = useContext(Hereabouts)
  return here ? <Among {...p} here={here} /> : <Alone {...p} />
}

function Alone({ to, query, title, children }: Props): ReactNode {
  const link = useLink()
  return (
    <Link href={link(to, query)} className="mw-link" title={title}>
      {children}
    </Link>
  )
}

// One of hundreds: it listens to nothing itself.
function Among({ to, query, title, children, here }: Props & { here: Here }): ReactNode {
  const href = here.link(to, query)
  const follow = (e: MouseEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.button !== 0) return // another tab or window, or a download
    e.preventDefault()
    here.navigate(href)
  }
  return (
    <a href={href} className="mw-link" title={title} onClick={follow}>
      {children}
    </a>
  )
}

/** The path of a device. Its id may have a slash in it: "vpc-1/10.0.0.1". */
export const devicePath = (id: string) => `/devices/${encodeURIComponent(id)}`

/** The path of a detection. */
export const detectionPath = (id: string) => `/detections/${encodeURIComponent(id)}`

/** A device by its name where it has one, with the address beside it. */
export function DeviceLink({ id, name, address }: { id?: string; name?: string; address?: string }): ReactNode {
  const shown = name || address || id || ''
  const link = id || address
  return (
    <span className="mw-device">
      {link ? <Go to={devicePath(link)}><Wire length={60}>{shown}</Wire></Go> : <Wire length={60}>{shown}</Wire>}
      {name && address && name !== address && <> <Wire mono length={50}>{address}</Wire></>}
    </span>
  )
}
