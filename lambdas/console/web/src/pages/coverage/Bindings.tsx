import Box from '@cloudscape-design/components/box'
import type { ReactNode } from 'react'
import { Read } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { useBindings } from './ask'

/** Who filled a network identifier when, or which ones an interface had: both are used again. */
export function Bindings({ of }: { of: { vni?: number; interface?: string } }): ReactNode {
  const zone = useZoneLabel()
  const read = useBindings(of, true)
  const title = of.vni === undefined ? 'Network identifiers that it had' : `Who had VNI ${of.vni}`
  return (
    <section aria-label={title}>
      <Box variant="h3" padding={{ bottom: 'xxs' }}>{title}</Box>
      <Read of={read} lines={2} empty={(b) => (b.items.length === 0 ? 'The mirror loop gave it none: nothing of it is kept.' : undefined)}>
        {(b) => (
          <div className="mw-scroll" tabIndex={0} role="group" aria-label={title}>
            <table className="mw-table">
              <thead><tr><th scope="col">VNI</th><th scope="col">Interface</th><th scope="col">Name</th><th scope="col">From ({zone})</th><th scope="col">To ({zone})</th></tr></thead>
              <tbody>
                {b.items.map((x) => (
                  <tr key={`${x.vni} ${x.from}`}><td>{x.vni}</td><td><Wire mono length={40}>{x.interface}</Wire></td><td><Wire length={60}>{x.name ?? ''}</Wire></td><td><Time at={x.from} /></td><td>{x.to ? <Time at={x.to} /> : 'still'}</td></tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Read>
    </section>
  )
}
