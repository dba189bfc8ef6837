// What the page of a detection asks for. Each question has one key, so that a change of triage renews only what it concerns.
import { useQueryClient } from '@tanstack/react-query'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import type { ActivityMap, Detection, Device, Incident } from '../../api/names'

type Related = Schemas['RelatedList']
type Comparison = Schemas['Comparison']
type Packets = Schemas['Packets']
type History = Schemas['AuditList']
export type Scope = 'evidence' | 'participants'

/** How often what goes on is asked for anew, in ms; what rests on many records less often. */
const live = 15_000
const slowly = 60_000

/** The key of a detection. What hangs on it begins with it. */
export const detectionKey = (id: string) => ['detection', id] as const

/** How often a detection is asked for anew: often while it goes on, now and then while its context waits for a source, else never. */
export function pace(d: Detection | undefined): number | undefined {
  if (!d) return undefined
  if (!d.end) return live
  return d.context && !d.context.complete ? 2 * live : undefined
}

export function useDetection(id: string): Reading<Detection> {
  const known = useQueryClient().getQueryData<Detection>(detectionKey(id))
  return useRead(detectionKey(id), (signal) => told(api.GET('/v1/detections/{id}', { params: { path: { id } }, signal })), { every: pace(known) })
}

const every = (d: Detection) => (d.end ? undefined : slowly)

export function useMap(d: Detection): Reading<ActivityMap> {
  const ask = (signal: AbortSignal) => told(api.GET('/v1/detections/{id}/activity-map', { params: { path: { id: d.id }, query: { limit: 200 } }, signal }))
  return useRead([...detectionKey(d.id), 'map'], ask, { every: every(d) })
}

/** Asks for the behaviour of a participant; without a device, of the one that the server chooses. */
export function useComparison(d: Detection, device: string | undefined): Reading<Comparison> {
  const ask = (signal: AbortSignal) => told(api.GET('/v1/detections/{id}/comparison', { params: { path: { id: d.id }, query: { device } }, signal }))
  return useRead([...detectionKey(d.id), 'comparison', device ?? ''], ask, { every: every(d), keep: true })
}

/** Asks for one metric that is not among those that the server chose. */
export function useMetric(d: Detection, device: string | undefined, metric: string | undefined): Reading<Comparison> {
  const query = { device, metric: metric ? [metric] : undefined }
  const ask = (signal: AbortSignal) => told(api.GET('/v1/detections/{id}/comparison', { params: { path: { id: d.id }, query }, signal }))
  return useRead([...detectionKey(d.id), 'comparison', device ?? '', metric ?? ''], ask, { when: metric !== undefined })
}

/** Which metrics there are of a device in a time. */
export function useMetrics(device: string | undefined, from: string | undefined, to: string | undefined): Reading<Schemas['MetricList']> {
  const params = { path: { id: device ?? '' }, query: { from: from ?? '', to: to ?? '' } }
  return useRead(['metrics', device, from, to], (signal) => told(api.GET('/v1/devices/{id}/metrics', { params, signal })), {
    when: device !== undefined && from !== undefined && to !== undefined, patience: 60_000,
  })
}

export function useRelated(d: Detection): Reading<Related> {
  const ask = (signal: AbortSignal) => told(api.GET('/v1/detections/{id}/related', { params: { path: { id: d.id }, query: { limit: 50 } }, signal }))
  return useRead([...detectionKey(d.id), 'related'], ask, { every: every(d) })
}

export function useHistory(id: string): Reading<History> {
  const ask = (signal: AbortSignal) => told(api.GET('/v1/detections/{id}/history', { params: { path: { id }, query: { limit: 100 } }, signal }))
  return useRead([...detectionKey(id), 'history'], ask)
}

/** Asks whether there are packets. No addresses come with it, and so nothing is noted in the audit log. */
export function usePackets(id: string, when: boolean): Reading<Packets> {
  const ask = (signal: AbortSignal) => told(api.GET('/v1/detections/{id}/packets', { params: { path: { id }, query: { check: true } }, signal }))
  return useRead([...detectionKey(id), 'packets'], ask, { when, patience: 60_000 })
}

export function useIncident(id: string | undefined): Reading<Incident> {
  const ask = (signal: AbortSignal) => told(api.GET('/v1/incidents/{id}', { params: { path: { id: id ?? '' } }, signal }))
  return useRead(['incident', id], ask, { when: id !== undefined })
}

/** Asks for what is known of a participant's device; an address of the internet has none. */
export function useDevice(id: string | undefined): Reading<Device> {
  return useRead(['device', id], (signal) => told(api.GET('/v1/devices/{id}', { params: { path: { id: id ?? '' } }, signal })), { when: id !== undefined, patience: 60_000 })
}
