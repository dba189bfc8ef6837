import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { bytes, digits } from '../../ui/number'

type Flows = Schemas['FlowSummary']
type Counter = Schemas['CounterNews']

const mostPorts = 12

/** What VPC Flow Logs say: also of packets that were rejected, which no sensor ever sees. */
export function CloudFlows({ f }: { f: Flows }): ReactNode {
  const ports = (f.ports ?? []).toSorted((a, b) => b.accepted + b.rejected - a.accepted - a.rejected)
  return (
    <section>
      <h3 className="mw-det-h3">VPC Flow Logs</h3>
      {f.sentence && <p><Wire>{f.sentence}</Wire></p>}
      <dl className="mw-properties">
        <div><dt>Time</dt><dd><Time at={f.from} /> to <Time at={f.to} label /></dd></div>
        <Count label="Accepted" c={f.accepted} />
        <Count label="Rejected" c={f.rejected} />
        <Count label="Rejected in the hour before" c={f.before} />
        {f.bytes_flows !== undefined && f.bytes_flows > 0 && <div><dt>Bytes by flow logs, and seen by sensors</dt><dd>{bytes(f.bytes_flows)}, {bytes(f.bytes_seen ?? 0)}</dd></div>}
        {f.loss !== undefined && <div><dt>Not seen by sensors</dt><dd>{Math.round(f.loss * 1000) / 10} %</dd></div>}
        {ports.length > 0 && (
          <div>
            <dt>Ports tried</dt>
            <dd>
              {ports.slice(0, mostPorts).map((p) => `${p.proto}/${p.port}: ${digits(p.accepted)} accepted, ${digits(p.rejected)} rejected`).join('; ')}
              {ports.length > mostPorts && ` and ${digits(ports.length - mostPorts)} more`}
            </dd>
          </div>
        )}
      </dl>
    </section>
  )
}

function Count({ label, c }: { label: string; c: Flows['accepted'] }): ReactNode {
  return <div><dt>{label}</dt><dd>{digits(c.records)} flows{c.records > 0 && `, ${digits(c.packets)} packets, ${bytes(c.bytes)}`}</dd></div>
}

/** CloudWatch's metrics beside their usual, the farthest off first. */
export function CloudCounters({ of }: { of: readonly Counter[] }): ReactNode {
  if (of.length === 0) return null
  return (
    <section>
      <h3 className="mw-det-h3">CloudWatch</h3>
      <ul className="mw-sources">
        {of.slice(0, 12).map((c) => (
          <li key={`${c.instance} ${c.metric}`}>
            <b><Wire length={60}>{c.metric}</Wire></b>
            <StatusIndicator type={c.unusual ? 'warning' : 'success'}>{c.unusual ? 'Unusual' : 'Usual'}</StatusIndicator>
            <span><Wire>{c.sentence}</Wire>{c.basis && <span className="mw-quiet"> Measured against <Wire length={120}>{c.basis}</Wire>.</span>}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
