import type { ReactNode } from 'react'
import { Time, useZoneLabel } from '../ui/Time'
import { digits } from '../ui/number'
import { lasting } from '../state/zone'
import type { Slot } from './band'
import { valueText } from './scale'

interface Props {
  label: string
  slots: readonly Slot[]
  unit?: string
  step: number
}

/** What a band chart draws, in rows, the newest first. */
export function BandTable({ label, slots, unit, step }: Props): ReactNode {
  const zone = useZoneLabel()
  return (
    <div className="mw-twin" role="region" tabIndex={0} aria-label={`${label}, as a table`}>
      <table>
        <caption className="mw-hidden">{label}, in {lasting(step)} each</caption>
        <thead>
          <tr><th scope="col">From ({zone})</th><th scope="col">Seen{unit && unit !== 'bytes' ? ` (${unit})` : ''}</th><th scope="col">Expected</th><th scope="col">Median</th><th scope="col">Outside</th></tr>
        </thead>
        <tbody>
          {slots.toReversed().map((s) => <Row key={s.time} s={s} unit={unit} />)}
        </tbody>
      </table>
    </div>
  )
}

function Row({ s, unit }: { s: Slot; unit?: string }): ReactNode {
  const e = s.expected
  return (
    <tr>
      <th scope="row"><Time at={s.time} /></th>
      <td>{s.value === undefined ? 'not observed' : unit === 'bytes' ? valueText(s.value, unit) : digits(s.value)}</td>
      <td>{e ? `${valueText(e.low, unit)} to ${valueText(e.high, unit)}` : '–'}</td>
      <td>{e ? valueText(e.median, unit) : '–'}</td>
      <td>{!e || s.value === undefined ? '–' : !s.outside ? 'no' : s.value > e.high ? 'yes, above' : 'yes, below'}</td>
    </tr>
  )
}
