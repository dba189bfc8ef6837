// What the page begins with: how bad it is, what it is, and what can be done about it.
import Button from '@cloudscape-design/components/button'
import { type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { useKeys } from '../../state/keys'
import { stepOf, type Step } from '../../state/trail'
import { useGo } from '../../state/url'
import { Copy } from '../../ui/Copy'
import { detectionPath, Go } from '../../ui/Link'
import { Wire } from '../../ui/Wire'
import { digits } from '../../ui/number'

/** The id, where it was seen, and the way through the list one came from. */
export function Under({ d }: { d: Detection }): ReactNode {
  const step = stepOf('detections', d.id)
  return (
    <div className="mw-det-under">
      <span className="mw-det-id">
        <span className="mw-quiet">Detection</span> <Wire mono length={40}>{d.id}</Wire> <Copy text={d.id} what="the id" />
      </span>
      <Seen d={d} />
      {step && <Through step={step} />}
    </div>
  )
}

// Where it was seen: the VPCs of who took part, the observation point, and whether all of it is watched.
function Seen({ d }: { d: Detection }): ReactNode {
  const vpcs = [...new Set((d.participants ?? []).map((p) => p.vpc).filter((v): v is string => !!v))]
  const [vpc] = vpcs
  return (
    <span className="mw-prose">
      <span className="mw-quiet">Seen in </span>
      {vpcs.slice(0, 2).map((v) => <span key={v}><Go to="/activity-map" query={{ vpc: v, from: d.start, to: d.update }}><Wire length={40}>{v}</Wire></Go>, </span>)}
      {vpcs.length > 2 && `${vpcs.length - 2} more, `}
      {d.vni ? <Go to="/activity-map" query={{ vni: String(d.vni), from: d.start, to: d.update }}>VNI {d.vni}</Go> : 'no VNI'}
      {d.sensor && <span className="mw-quiet"> by sensor <Wire length={40}>{d.sensor}</Wire></span>}
      {' · '}
      <Go to="/coverage" query={{ vpc }}>{vpc ? 'its coverage' : 'coverage'}</Go>
    </span>
  )
}

function Through({ step }: { step: Step }): ReactNode {
  const go = useGo()
  const to = (id: string | undefined) => id !== undefined && go(detectionPath(id))
  useKeys([
    { key: 'j', does: 'Next detection of the list', run: () => to(step.next) },
    { key: 'k', does: 'Detection before, in the list', run: () => to(step.before) },
  ])
  return (
    <span className="mw-det-through">
      <Go to={step.list}>Back to the list</Go>
      <Button variant="icon" iconName="angle-left" ariaLabel="Detection before (k)" disabled={!step.before} disabledReason="This is the first of the list" onClick={() => to(step.before)} />
      <span className="mw-quiet">{digits(step.place)} of {digits(step.of)}</span>
      <Button variant="icon" iconName="angle-right" ariaLabel="Next detection (j)" disabled={!step.next} disabledReason="This is the last of the list" onClick={() => to(step.next)} />
    </span>
  )
}
