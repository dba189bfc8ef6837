// The short facts of a detection that cards and tables share.
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { techniqueName, techniqueShort } from '../../attack/techniques'
import { categoryWord, resolutionWord, statusWord, type Status } from '../../detections/names'
import { lasting } from '../../state/zone'
import { Wire } from '../../ui/Wire'

const signs: Record<Status, StatusIndicatorProps.Type> = { open: 'warning', acknowledged: 'success', in_progress: 'in-progress', closed: 'stopped' }

/** Where triage stands; nothing while it is open, which most are: it would only be noise. */
export function Standing({ d, always }: { d: Detection; always?: boolean }): ReactNode {
  if (d.status === 'open' && !always) return null
  const why = d.status === 'closed' && d.resolution ? `, ${resolutionWord[d.resolution].toLowerCase()}` : ''
  return (
    <StatusIndicator type={signs[d.status]} colorOverride={d.status === 'open' || d.status === 'closed' ? 'grey' : undefined}>
      {statusWord[d.status]}
      {why}
    </StatusIndicator>
  )
}

/** How long it lasted, or that it still goes on. */
export function Length({ d, now, short }: { d: Detection; now: number; short?: boolean }): ReactNode {
  const start = Date.parse(d.start)
  if (!d.end)
    return (
      <span className="mw-ongoing" title={`For ${lasting(now - start)}`}>
        Ongoing{short ? '' : `, ${lasting(now - start)}`}
      </span>
    )
  const length = Date.parse(d.end) - start
  return <span>{length >= 1000 ? lasting(length) : short ? '< 1 s' : 'within a second'}</span>
}

const most = 2 // techniques on a card

/** Category and techniques. */
export function Chips({ d }: { d: Detection }): ReactNode {
  const more = (d.techniques?.length ?? 0) - most
  return (
    <span className="mw-chips">
      <span className="mw-card-chip">
        <span className="mw-hidden">Category: </span>
        <Wire length={40}>{categoryWord(d.category)}</Wire>
      </span>
      {d.techniques?.slice(0, most).map((t) => (
        <span key={t} className="mw-card-chip" title={techniqueName(t)}>
          <span className="mw-hidden">Technique: </span>
          <Wire length={40}>{techniqueShort(t) === t ? t : `${t} ${techniqueShort(t)}`}</Wire>
        </span>
      ))}
      {more > 0 && <span className="mw-dim">and {more} more</span>}
    </span>
  )
}
