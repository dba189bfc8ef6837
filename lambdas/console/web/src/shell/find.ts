// What a search leads to, the best first. Everything that came off the wire is made visible here: options of a list are plain strings.
import type { Detection, Device } from '../api/names'
import type { Query } from '../state/url'
import { bandWord } from '../ui/Band'
import { detectionPath, devicePath } from '../ui/Link'
import { visible } from '../ui/Wire'

export interface Place {
  id: string
  group: 'Devices' | 'Detections' | 'Everywhere'
  label: string
  description?: string
  to: string
  query?: Query
}

/** The fewest letters with which detections can be searched, by the API's contract. */
export const fewest = 3

/** Gives where a text may lead: devices and detections that were found, and the pages that can list all that hold it. */
export function placesOf(text: string, devices: readonly Device[], detections: readonly Detection[]): Place[] {
  const asked = text.trim().toLowerCase()
  if (asked === '') return []
  const sorted = [...devices].sort((a, b) => near(a, asked) - near(b, asked)).slice(0, mostDevices)
  return [...detections.filter((d) => d.id === asked).map(ofDetection), ...sorted.map(ofDevice), ...detections.filter((d) => d.id !== asked).map(ofDetection), ...everywhere(text.trim())]
}

const mostDevices = 6

// near is 0 for the device itself, 1 for one whose name or address begins so, 2 for what is ours, 3 for the rest.
function near(d: Device, asked: string): number {
  const names = [d.id, d.address, d.hostname, d.instance, d.interface].map((n) => n?.toLowerCase() ?? '')
  if (names.includes(asked)) return 0
  if (names.some((n) => n.startsWith(asked))) return 1
  return d.external ? 3 : 2
}

function ofDevice(d: Device): Place {
  const name = d.hostname || d.address
  const more = [d.hostname ? d.address : '', d.instance ?? '', d.external ? 'external' : (d.role ?? '').replaceAll('_', ' '), d.vpc ?? (d.vni ? `VNI ${d.vni}` : '')].filter(Boolean)
  return { id: `device ${d.id}`, group: 'Devices', label: visible(name, 60), description: visible(more.join(' · '), 100), to: devicePath(d.id) }
}

function ofDetection(d: Detection): Place {
  return {
    id: `detection ${d.id}`, group: 'Detections', label: `${visible(d.title, 60)}, ${d.risk.score} ${bandWord[d.risk.band].toLowerCase()}`,
    description: visible(d.description, 110), to: detectionPath(d.id),
  }
}

// everywhere offers the pages that list all that holds the text, of a time long enough to hold it.
function everywhere(text: string): Place[] {
  const shown = visible(text, 40)
  const out: Place[] = []
  if (text.length >= fewest) out.push({ id: 'all detections', group: 'Everywhere', label: `All detections with “${shown}”`, description: 'Of the last 31 days', to: '/detections', query: { text, last: '31d' } })
  out.push({ id: 'all records', group: 'Everywhere', label: `All records with “${shown}”`, description: 'Of the last 7 days', to: '/records', query: { q: quoted(text), last: '7d' } })
  return out
}

// quoted writes a text as one value in the language of queries.
const quoted = (text: string) => (/^[\w.:-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`)
