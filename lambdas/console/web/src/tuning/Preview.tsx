import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { Schemas } from '../api/client'
import type { Reading } from '../api/read'
import type { Detection } from '../api/names'
import { Score } from '../ui/Band'
import { Read } from '../ui/Panel'
import { Time } from '../ui/Time'
import { Wire } from '../ui/Wire'
import { counted, digits } from '../ui/number'
import { previewDays, warnings, type Foretold, type Warning } from './preview'
import { useZone, zoneLabel } from '../state/zone'
import './tuning.css'

const newest = 5

/** What a rule would hide: how many of how many, of which types, and the newest ones. */
export function Preview({ of }: { of: Reading<Foretold> }): ReactNode {
  return (
    <div aria-live="polite" aria-busy={of.refreshing}>
      <Read of={of} lines={4}>
        {(f) => (
          <SpaceBetween size="s">
            <Sentence of={f} />
            {warnings(f).map((w) => <Said key={w} warning={w} of={f} />)}
            {f.preview.total > 0 && (
              <ColumnLayout columns={2}>
                <Types of={f.preview.by_type} />
                <Newest of={f.preview.items} total={f.preview.total} />
              </ColumnLayout>
            )}
          </SpaceBetween>
        )}
      </Read>
    </div>
  )
}

function Sentence({ of: { preview, all, hidden } }: { of: Foretold }): ReactNode {
  return (
    <Box variant="p">
      Would hide <b>{digits(preview.total)}</b>
      {all !== undefined && <> of the <b>{digits(all)}</b></>} {all === 1 ? 'detection' : 'detections'} of the last {previewDays} days that show now.
      {hidden ? ` ${counted(hidden, 'more that it matches is', 'more that it matches are')} hidden already, by it or by another rule.` : ''}
    </Box>
  )
}

function Said({ warning, of }: { warning: Warning; of: Foretold }): ReactNode {
  switch (warning) {
    case 'nothing':
      return <Alert type="info" header="Nothing like that has been seen">It would hide nothing of the last {previewDays} days, only what may come. Is every name and address written as in the detections?</Alert>
    case 'everything':
      return <Alert type="error" header="This hides everything">Every detection that shows now matches. A rule like that is a blind spot: say more exactly what is known to be harmless.</Alert>
    case 'most':
      return <Alert type="warning" header="This hides most of what there is">{digits(of.preview.total)} of {digits(of.all ?? 0)}. Is all of that known to be harmless?</Alert>
    case 'critical':
      return <Alert type="warning" header="Critical detections would be hidden">The worst of them has a risk of {Math.max(...of.preview.by_type.map((g) => g.max_score))}.</Alert>
  }
}

function Types({ of }: { of: Schemas['Group'][] }): ReactNode {
  return (
    <div>
      <Box variant="h4" tagOverride="h3">By type</Box>
      <ul className="mw-preview-types">
        {of.slice(0, 8).map((g) => (
          <li key={g.key}>
            <Score score={g.max_score} />
            <Wire length={60}>{g.label || g.key}</Wire>
            <span className="mw-preview-count">{digits(g.count)}</span>
          </li>
        ))}
      </ul>
      {of.length > 8 && <span className="mw-quiet">and {counted(of.length - 8, 'type')} more</span>}
    </div>
  )
}

function Newest({ of, total }: { of: Detection[]; total: number }): ReactNode {
  const [zone] = useZone()
  return (
    <div>
      <Box variant="h4" tagOverride="h3">The newest ({zoneLabel(zone)})</Box>
      <ul className="mw-preview-newest">
        {of.slice(0, newest).map((d) => (
          <li key={d.id}>
            <Score score={d.risk.score} />
            <Time at={d.start} />
            <Wire length={140}>{d.description || d.title}</Wire>
          </li>
        ))}
      </ul>
      {total > newest && <span className="mw-quiet">and {digits(total - newest)} older</span>}
    </div>
  )
}
