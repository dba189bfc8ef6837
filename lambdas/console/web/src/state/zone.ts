// How times are written: UTC unless somebody asks for the browser's zone, and always labelled.
import { useView } from './url'
import { remembered, remember } from './memory'

export type Zone = 'utc' | 'local'

/** Gives the zone of the URL, or else the one chosen last. */
export function useZone(): [Zone, (z: Zone) => void] {
  const [query, change] = useView()
  const zone = query.zone ?? remembered('zone')
  return [zone === 'local' ? 'local' : 'utc', (z) => {
    remember('zone', z)
    change({ zone: z === 'local' ? z : undefined })
  }]
}

/** The label of the zone: "UTC", or the local one's name and offset. */
export function zoneLabel(z: Zone, at = Date.now()): string {
  if (z === 'utc') return 'UTC'
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'longOffset' }).formatToParts(at)
  return parts.find((p) => p.type === 'timeZoneName')?.value ?? 'local'
}

const pad = (n: number, width = 2) => String(n).padStart(width, '0')

/** Writes a time as 2026-11-26 13:05:09. `fine` adds milliseconds. */
export function written(ms: number, z: Zone, fine = false): string {
  if (!Number.isFinite(ms)) return ''
  const d = new Date(z === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000)
  const day = `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`
  const time = `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`
  return fine ? `${day} ${time}.${pad(d.getUTCMilliseconds(), 3)}` : `${day} ${time}`
}

/** Writes a length of time as a person says it: less than a second, 45 s, 12 min, 3 h 12 min, 4 d 2 h. */
export function lasting(ms: number): string {
  if (ms < 1000) return 'less than a second'
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s} s`
  const min = Math.floor(s / 60)
  if (min < 60) return `${min} min`
  const h = Math.floor(min / 60)
  if (h < 48) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`
  return h % 24 ? `${Math.floor(h / 24)} d ${h % 24} h` : `${h / 24} d`
}
