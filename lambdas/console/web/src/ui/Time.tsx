import { useContext, type ReactNode } from 'react'
import { Hereabouts } from '../state/here'
import { useZone, written, zoneLabel, type Zone } from '../state/zone'

interface Props {
  at: string | number | undefined // RFC 3339, or ms of the Unix epoch
  fine?: boolean // milliseconds too
  label?: boolean // the zone's name behind it: where no column or heading says it
}

/** Shows a moment in the zone that was chosen; the title has it in UTC and in RFC 3339. */
export function Time(p: Props): ReactNode {
  const here = useContext(Hereabouts)
  return here ? <Moment {...p} zone={here.zone} /> : <Alone {...p} />
}

function Alone(p: Props): ReactNode {
  const [zone] = useZone()
  return <Moment {...p} zone={zone} />
}

function Moment({ at, fine, label, zone }: Props & { zone: Zone }): ReactNode {
  const ms = typeof at === 'string' ? Date.parse(at) : (at ?? NaN)
  if (!Number.isFinite(ms)) return <span>–</span>
  return (
    <time className="mw-time" dateTime={new Date(ms).toISOString()} title={`${written(ms, 'utc', true)} UTC`}>
      {written(ms, zone, fine)}
      {label ? ` ${zoneLabel(zone, ms)}` : ''}
    </time>
  )
}

/** The zone's label for the heading of a column: "Time (UTC)". */
export function useZoneLabel(): string {
  const [zone] = useZone()
  return zoneLabel(zone)
}
