import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { useRead } from '../../../api/read'
import { useNow } from '../../../state/now'
import { lasting } from '../../../state/zone'
import { Go } from '../../../ui/Link'
import { Page } from '../../../ui/Page'
import { Panel, Read } from '../../../ui/Panel'
import { Time } from '../../../ui/Time'
import { Wire } from '../../../ui/Wire'
import { bytes, digits } from '../../../ui/number'
import { Lists } from './Lists'

export type Report = Schemas['IntelReport']

/** A sensor says what it has once an hour: after this long, in ms, it may have other lists, or be gone. */
const silent = 90 * 60_000

/** Which lists of what is known to be hostile the sensors hold traffic against, and what is wrong with them. */
export default function ThreatIntelligence(): ReactNode {
  const reports = useRead(['intel'], (signal) => told(api.GET('/v1/intel', { signal })), { every: 60_000 })
  const matches = useRead(['detections', 'intel-matches'], (signal) => told(api.POST('/v1/detections/search', { signal, body: { filter: { types: ['intel.indicator_match'] }, limit: 1, count: true } })))
  return (
    <Page title="Threat intelligence" description="What others know to be hostile: addresses, domains, URLs and fingerprints, from lists beside each sensor." of={[reports, matches]}>
      <SpaceBetween size="l">
        <Panel title="Matches" of={matches} lines={1}>
          {(m) => m.total === 0
            ? 'No detection is of something that is listed.'
            : <Go to="/detections" query={{ type: 'intel.indicator_match', last: '30d' }}>{m.total === undefined ? 'Detections' : digits(m.total)} of something that is listed</Go>}
        </Panel>
        <Read of={reports} lines={5} empty={(d) => d.items.length === 0 && 'No sensor has said what it holds traffic against. One that runs says so within a minute.'}>
          {(d) => (
            <SpaceBetween size="l">
              {!d.complete && <Alert type="info">There are more sensors than are shown here.</Alert>}
              {d.items.map((r) => <Sensor key={r.sensor} of={r} />)}
            </SpaceBetween>
          )}
        </Read>
        <HowTo />
      </SpaceBetween>
    </Page>
  )
}

function Sensor({ of: r }: { of: Report }): ReactNode {
  const age = useNow(60_000) - Date.parse(r.said)
  return (
    <Container header={<Header variant="h2" counter={`(${digits(r.lists.length + r.left)})`} description={<>As it said at <Time at={r.said} label /></>}>Sensor <Wire length={64}>{r.sensor}</Wire></Header>}>
      <SpaceBetween size="m">
        {age > silent && <Alert type="warning">It has said nothing for {lasting(age)}: it may be gone, or cannot reach the store. What is shown is what it had then.</Alert>}
        {r.read === undefined
          ? 'It holds traffic against no lists: it was started without --intel.'
          : (
            <>
              <KeyValuePairs
                columns={3}
                items={[
                  { label: 'Indicators', value: digits(r.indicators) },
                  { label: 'Lists read', value: <Time at={r.read} label /> },
                  { label: 'Memory', value: bytes(r.bytes) },
                ]}
              />
              {r.lists.length === 0 ? 'The folder that it was started with has no lists.' : <Lists of={r} />}
              {r.left > 0 && <span className="mw-quiet">and {digits(r.left)} more lists that are not told apart here; their indicators are counted above.</span>}
            </>
          )}
      </SpaceBetween>
    </Container>
  )
}

function HowTo(): ReactNode {
  return (
    <Container header={<Header variant="h2">How lists come and go</Header>}>
      <p>
        Lists are files beside the sensor: CSV, one value a line, Zeek’s intel files, or STIX 2.1. Start <code className="mw-mono">serve</code> or <code className="mw-mono">sensor</code> with <code className="mw-mono">--intel FOLDER</code>;
        they are looked at every minute and read anew when one has changed. What was seen within the last day is held against a list that comes later, too.
      </p>
      <p>
        Try a list first with <code className="mw-mono">mirrorwatch intel check FILE</code>, and ask what is known of a value with <code className="mw-mono">mirrorwatch intel lookup VALUE --intel FOLDER</code>.
        Nothing can be uploaded here: who can change these lists can blind a sensor, and that is left to who runs it.
      </p>
      <p className="mw-settings-prose">How sure a list must be, and what is never raised, is set with <Go to="/settings/parameters" query={{ edit: 'intel.indicator_match' }}>the detector’s settings</Go>.</p>
    </Container>
  )
}
