import { written, zoneLabel, type Zone } from '../state/zone'

/** Writes a moment no finer than bars of a length need it, with its zone. */
export const moment = (ms: number, zone: Zone, step: number): string => `${written(ms, zone).slice(0, step < 60_000 ? 19 : 16)} ${zoneLabel(zone, ms)}`

/** Writes a stretch, its day once where both ends have the same: "2026-11-25 02:00 – 03:00 UTC". */
export function stretch(from: number, to: number, zone: Zone, step: number): string {
  const one = moment(from, zone, step)
  const other = moment(to, zone, step)
  return `${one.slice(0, -zoneLabel(zone, from).length - 1)} – ${one.slice(0, 10) === other.slice(0, 10) ? other.slice(11) : other}`
}
