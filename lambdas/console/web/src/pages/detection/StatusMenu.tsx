import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import type { ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { useKeys } from '../../state/keys'
import { useDenied } from '../../state/me'
import type { Triage } from './triage'
import { resolutionWord, statusWord, type Status } from './words'

interface Props {
  d: Detection
  triage: Triage
  close: () => void // asks for the resolution first
}

const acts: { id: Status; text: string; key?: string }[] = [
  { id: 'acknowledged', text: 'Acknowledge', key: 'a' },
  { id: 'in_progress', text: 'Work on it' },
  { id: 'closed', text: 'Close…', key: 'c' },
  { id: 'open', text: 'Open again' },
]

const said: Record<Exclude<Status, 'closed'>, string> = { acknowledged: 'Acknowledged.', in_progress: 'It is in progress.', open: 'It is open again.' }

/** The status of a detection, and what leads to another. Keys: a acknowledges, c closes. */
export function StatusMenu({ d, triage, close }: Props): ReactNode {
  const denied = useDenied('updateDetection')
  const to = (s: Status) => {
    if (denied || triage.busy) return
    if (s === 'closed') return close()
    if (s !== d.status) void triage.make(s === 'open' ? { status: s, resolution: '' } : { status: s }, said[s])
  }
  useKeys(denied ? [] : [
    { key: 'a', does: 'Acknowledge this detection', run: () => to('acknowledged') },
    { key: 'c', does: 'Close this detection', run: () => to('closed') },
  ])
  return (
    <ButtonDropdown
      items={acts.map((a) => ({ id: a.id, text: a.text, secondaryText: a.key ? `Key ${a.key}` : undefined, disabled: a.id === d.status && a.id !== 'closed', disabledReason: `It is ${statusWord[d.status].toLowerCase()} already` }))}
      ariaLabel={`Status: ${wordsOf(d)}`}
      disabled={denied !== undefined}
      disabledReason={denied}
      loading={triage.busy}
      loadingText="Changing"
      onItemClick={(e) => to(e.detail.id as Status)}
    >
      {wordsOf(d)}
    </ButtonDropdown>
  )
}

const wordsOf = (d: Detection) => (d.status === 'closed' && d.resolution ? `Closed: ${resolutionWord[d.resolution].toLowerCase()}` : statusWord[d.status])
