// The detections in which a device takes part.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import type { Detection, Device } from '../../api/names'
import { filterQuery } from '../../detections/query'
import { statusWord } from '../../detections/names'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { detectionsShown, useDetections, type As } from './data'

export function Detections({ d }: { d: Device }): ReactNode {
  return (
    <Container header={<Header variant="h2" description="Worst first, whenever they were">Detections</Header>}>
      <div className="mw-halves">
        <Side d={d} as="offender" title="As offender" />
        <Side d={d} as="victim" title="As victim" />
      </div>
    </Container>
  )
}

function Side({ d, as, title }: { d: Device; as: As; title: string }): ReactNode {
  const list = useDetections(d.id, as)
  const total = list.data?.total ?? list.data?.items.length
  return (
    <section aria-label={`Detections ${title.toLowerCase()}`}>
      <h3 className="mw-h3">{title}{total !== undefined && <span className="mw-quiet"> ({digits(total)})</span>}</h3>
      <Read of={list} lines={3} empty={(l) => (l.items.length === 0 ? 'None.' : undefined)}>
        {(l) => (
          <>
            <ul className="mw-plain mw-rows">{l.items.map((one) => <One key={one.id} of={one} />)}</ul>
            {(total ?? 0) > detectionsShown && <Go to="/detections" query={{ ...filterQuery({ [as]: { devices: [d.id] } }), last: '31d' }}>All {digits(total ?? 0)}, of the last 31 days</Go>}
          </>
        )}
      </Read>
    </section>
  )
}

function One({ of }: { of: Detection }): ReactNode {
  return (
    <li className="mw-detection-row">
      <Score score={of.risk.score} />
      <span>
        <Go to={detectionPath(of.id)}><Wire length={100}>{of.title}</Wire></Go>
        <div className="mw-quiet mw-fine"><Time at={of.start} label />{of.status !== 'open' && `, ${statusWord[of.status].toLowerCase()}`}{!of.end && ', goes on'}</div>
      </span>
    </li>
  )
}
