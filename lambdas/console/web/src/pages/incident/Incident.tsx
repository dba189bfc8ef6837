// One incident: the story, when what happened, who took part, and why it belongs together.
import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { useParams } from 'wouter'
import { api, told } from '../../api/client'
import type { Incident as Told } from '../../api/names'
import { useRead, type Reading } from '../../api/read'
import { Score } from '../../ui/Band'
import { Go } from '../../ui/Link'
import { Page } from '../../ui/Page'
import { Panel, Read } from '../../ui/Panel'
import { visible, Wire } from '../../ui/Wire'
import { Facts } from './Facts'
import { Links } from './Links'
import { Members } from './Members'
import { Parties } from './Parties'
import { Timeline } from './Timeline'
import './incident.css'

/** Shows an incident. One that was merged is shown as what it became. */
export default function Incident(): ReactNode {
  const { id = '' } = useParams<{ id: string }>()
  const of = useRead(['incident', id], (signal) => told(api.GET('/v1/incidents/{id}', { signal, params: { path: { id } } })), { every: 60_000 })
  const title = of.data?.title
  return (
    <Page
      title={title === undefined ? 'Incident' : <Wire length={240}>{title}</Wire>} tab={title === undefined ? 'Incident' : visible(title, 80)}
      within={[{ text: 'Incidents', to: '/incidents' }]} of={[of]}
    >
      {of.data === undefined ? <Unread of={of} /> : <Whole of={of} asked={id} i={of.data} />}
    </Page>
  )
}

function Unread({ of }: { of: Reading<Told> }): ReactNode {
  if (of.problem?.status === 404) {
    return <Alert type="info" header="There is no such incident">It may have fallen apart: nothing of it is part of any incident any more. Incidents are kept for 400 days. <Go to="/incidents">To the incidents</Go></Alert>
  }
  return <Panel title="Story" of={of} lines={6}>{() => null}</Panel>
}

function Whole({ of, asked, i }: { of: Reading<Told>; asked: string; i: Told }): ReactNode {
  return (
    <SpaceBetween size="l">
      {i.id !== asked && <Alert type="info">The incident that was asked for has become part of this one.</Alert>}
      <Container>
        <SpaceBetween size="l">
          <div className="mw-incident-head">
            <Score score={i.score} large />
            <div>
              <Read of={{ ...of, data: i }}>{() => <p className="mw-incident-story"><Wire length={4096}>{i.description}</Wire></p>}</Read>
              <p className="mw-quiet mw-incident-why"><Wire length={1024}>{i.reason}</Wire></p>
            </div>
          </div>
          <Facts i={i} />
        </SpaceBetween>
      </Container>
      <Timeline i={i} />
      <Links i={i} />
      <Parties i={i} />
      <Members i={i} />
    </SpaceBetween>
  )
}
