import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useLink, type Query } from '../state/url'
import { Wire } from './Wire'

interface Props {
  to: string
  query?: Query
  title?: string
  children: ReactNode
}

/** A link to a place within the console. */
export function Go({ to, query, title, children }: Props): ReactNode {
  const link = useLink()
  return (
    <Link href={link(to, query)} className="mw-link" title={title}>
      {children}
    </Link>
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
