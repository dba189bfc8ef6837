// The page of one detection, in the order in which one asks: how bad, what, why, who, what else, what to do.
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Grid from '@cloudscape-design/components/grid'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Container from '@cloudscape-design/components/container'
import { useState, type ReactNode } from 'react'
import { useParams } from 'wouter'
import type { Detection } from '../../api/names'
import type { Reading } from '../../api/read'
import { useDenied } from '../../state/me'
import { Score } from '../../ui/Band'
import { Go } from '../../ui/Link'
import { Page } from '../../ui/Page'
import { Read } from '../../ui/Panel'
import { visible, Wire } from '../../ui/Wire'
import { ActivityPanel } from './ActivityPanel'
import { AssignMenu } from './AssignMenu'
import { Attack } from './Attack'
import { Background } from './Background'
import { ConflictBanner, HiddenBanner } from './Banners'
import { CloseDialog } from './CloseDialog'
import { CloudPanel } from './CloudPanel'
import { ComparePanel } from './ComparePanel'
import { Facts } from './Facts'
import { Under } from './Head'
import { History } from './History'
import { IncidentPanel } from './IncidentPanel'
import { MapPanel } from './MapPanel'
import { Notes } from './Notes'
import { PacketsButton } from './PacketsButton'
import { useDetection, usePackets, useRelated } from './read'
import { RecordsPanel } from './RecordsPanel'
import { Related } from './Related'
import { RiskPanel } from './RiskPanel'
import { StatusMenu } from './StatusMenu'
import { useTriage } from './triage'
import { TuneButton } from './TuneButton'
import { Why } from './Why'
import './detection.css'

export default function DetectionPage(): ReactNode {
  const { id = '' } = useParams<{ id: string }>()
  const detection = useDetection(id)
  if (detection.state === 'failed' && detection.problem?.status === 404) return <NotThere id={id} again={detection.again} />
  if (!detection.data) return <Page title="Detection" within={[{ text: 'Detections', to: '/detections' }]} tab="Detection"><Container><Read of={detection} lines={8}>{() => null}</Read></Container></Page>
  return <Shown key={id} d={detection.data} of={detection} />
}

function Shown({ d, of }: { d: Detection; of: Reading<Detection> }): ReactNode {
  const triage = useTriage(d)
  const packets = usePackets(d.id, useDenied('getPackets') === undefined)
  const [closing, close] = useState(false)
  return (
    <Page
      title={<span className="mw-det-title"><Score score={d.risk.score} large /> <Wire length={160}>{d.title}</Wire></span>}
      tab={visible(d.title, 80)}
      within={[{ text: 'Detections', to: '/detections' }]}
      of={[of]}
      description={<Wire length={240}>{d.description}</Wire>}
      actions={
        <>
          <StatusMenu d={d} triage={triage} close={() => close(true)} />
          <AssignMenu d={d} triage={triage} />
          <TuneButton d={d} />
          <PacketsButton id={d.id} of={packets} primary />
        </>
      }
    >
      <SpaceBetween size="l">
        <Under d={d} />
        {of.state === 'stale' && <Read of={of}>{() => null}</Read>}
        <ConflictBanner triage={triage} />
        <HiddenBanner d={d} />
        <Panels d={d} packets={packets} />
      </SpaceBetween>
      {closing && <CloseDialog d={d} triage={triage} done={() => close(false)} />}
    </Page>
  )
}

function Panels({ d, packets }: { d: Detection; packets: ReturnType<typeof usePackets> }): ReactNode {
  const related = useRelated(d)
  const [all, showAll] = useState(false)
  return (
    <SpaceBetween size="l">
      <Container><div className="mw-det-facts"><Facts d={d} /></div></Container>
      <Grid gridDefinition={[{ colspan: { default: 12, m: 7 } }, { colspan: { default: 12, m: 5 } }]}>
        <Why d={d} />
        <RiskPanel d={d} />
      </Grid>
      <MapPanel d={d} />
      <ComparePanel d={d} />
      <RecordsPanel d={d} packets={packets} />
      <CloudPanel d={d} />
      <IncidentPanel d={d} />
      <ActivityPanel d={d} />
      <Attack d={d} related={(related.data?.items ?? []).map((r) => r.detection)} />
      <Background d={d} />
      <Related of={related} all={all} showAll={() => showAll(true)} />
      <Notes d={d} />
      <History id={d.id} />
    </SpaceBetween>
  )
}

/** What to say of an id that nothing has. */
function NotThere({ id, again }: { id: string; again: () => void }): ReactNode {
  return (
    <Page title="There is no such detection" tab="No such detection" within={[{ text: 'Detections', to: '/detections' }]}>
      <Container>
        <Box variant="p"><Wire mono length={140}>{id}</Wire> is no detection that is kept here. It may have reached its age, the link may be cut off, or it is of another installation.</Box>
        <SpaceBetween direction="horizontal" size="s">
          <Go to="/detections">To the detections</Go>
          <Go to="/detections" query={{ hidden: 'include', last: '30d' }}>All of the last 30 days, hidden ones too</Go>
          <Button variant="inline-link" onClick={again}>Look again</Button>
        </SpaceBetween>
      </Container>
    </Page>
  )
}
