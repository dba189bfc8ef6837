// Nothing was found: why that may be, and where something is.
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { isEmpty } from '../../detections/filter'
import { filterWords } from '../../detections/words'
import { useNames } from '../../detections/suggest'
import { detectionPath, Go } from '../../ui/Link'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import type { Span } from '../../state/span'
import { useLast } from './data'
import type { Place } from './place'

interface Props {
  place: Place
  span: Span
  change: (p: Partial<Place>) => void
  look: (s: Span) => void
}

const day = 86_400_000

export function Nothing({ place, span, change, look }: Props): ReactNode {
  const names = useNames()
  const found = useLast(place.filter).data
  const last = found?.d
  const filtered = !isEmpty(place.filter)
  const at = last ? Date.parse(last.start) : NaN
  return (
    <SpaceBetween size="s">
      <Box variant="h3" tagOverride="p">
        {place.brush ? 'Nothing began in the time that is selected' : 'Nothing in this time'}
      </Box>
      {filtered && <div>Looked for: {filterWords(place.filter, names)}</div>}
      {last && (
        <div>
          The last {filtered && found.meant ? 'of those ' : filtered ? 'of all ' : ''}was{' '}
          <Go to={detectionPath(last.id)}>
            <Wire length={80}>{last.title}</Wire>
          </Go>
          , <Time at={last.start} label />.
        </div>
      )}
      {found && !last && (
        <div>
          No detection has ever been made here. Is a sensor sending? <Go to="/coverage">See what is mirrored</Go>, or{' '}
          <Go to="/settings/about">how the sensors fare</Go>.
        </div>
      )}
      <div className="mw-list-nothing">
        {place.brush && <Button onClick={() => change({ brush: undefined })}>Clear the time selection</Button>}
        {filtered && <Button onClick={() => change({ filter: {} })}>Clear the filter</Button>}
        {last && (at < span.from || at >= span.to) && (
          <Button onClick={() => look({ from: at - day / 2, to: at + day / 2 })}>Look at the time around the last one</Button>
        )}
      </div>
    </SpaceBetween>
  )
}
