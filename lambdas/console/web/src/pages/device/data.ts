// What the page of one device reads.
import { api, told, Problem, type Schemas } from '../../api/client'
import type { Device } from '../../api/names'
import { useRead, type Reading } from '../../api/read'
import { iso, type Span } from '../../state/span'

/** The device, or, where the id is only an address, those that have it. */
export type Found = { device: Device } | { candidates: Device[]; complete: boolean }

const address = /^[0-9a-fA-F.:]{2,45}$/
const mostCandidates = 200

/** Reads a device. A record knows only an address: where that is nobody's id, whoever has it is found; the VNI tells several apart. */
export function useDevice(id: string, vni: string | undefined): Reading<Found> {
  return useRead(['device', id, vni], async (signal) => {
    try {
      return { device: await told(api.GET('/v1/devices/{id}', { params: { path: { id } }, signal })) }
    } catch (e) {
      if (!(e instanceof Problem) || e.status !== 404 || !address.test(id)) throw e
      const got = await told(api.GET('/v1/devices', { params: { query: { address: [id], limit: mostCandidates } }, signal }))
      const only = chosen(got.items, vni)
      if (only) return { device: only }
      if (got.items.length === 0) throw e
      return { candidates: got.items, complete: !got.next }
    }
  }, { patience: 30_000 })
}

/** The one device that is meant; undefined where it may be several. */
export function chosen(all: readonly Device[], vni: string | undefined): Device | undefined {
  const heard = vni === undefined ? [] : all.filter((d) => String(d.vni) === vni)
  return heard.length === 1 ? heard[0] : all.length === 1 ? all[0] : undefined
}

const path = (id: string) => ({ path: { id } })
const during = (s: Span) => ({ from: iso(s.from), to: iso(s.to) })

export type As = 'offender' | 'victim'
export const detectionsShown = 10

export function useDetections(id: string, as: As): Reading<Schemas['DetectionList']> {
  return useRead(['detections', 'of-device', id, as], (signal) =>
    told(api.GET('/v1/devices/{id}/detections', { params: { ...path(id), query: { as, sort: '-score', limit: detectionsShown, count: true } }, signal })))
}

export function useMetrics(id: string, span: Span): Reading<Schemas['MetricList']> {
  return useRead(['device', id, 'metrics', span.from, span.to], (signal) =>
    told(api.GET('/v1/devices/{id}/metrics', { params: { ...path(id), query: during(span) }, signal })), { keep: true })
}

export type Expect = 'own_past' | 'peer_group'
export type Series = Schemas['MetricComparison']

export function useSeries(id: string, metric: string, span: Span, expect: Expect | 'none', when = true): Reading<Series> {
  return useRead(['device', id, 'series', metric, span.from, span.to, expect], (signal) =>
    told(api.GET('/v1/devices/{id}/series', { params: { ...path(id), query: { metric, ...during(span), expect } }, signal })), { keep: true, when })
}

export const peersShown = 50

export function usePeers(id: string, span: Span, limit: number): Reading<Schemas['PeerList']> {
  return useRead(['device', id, 'peers', span.from, span.to, limit], (signal) =>
    told(api.GET('/v1/devices/{id}/peers', { params: { ...path(id), query: { ...during(span), limit } }, signal })), { keep: true })
}

/** Which interfaces filled the device's network identifier, or which identifiers its interface had; newest first. */
export function useBindings(d: Device): Reading<Schemas['BindingList']> {
  const query = d.interface ? { interface: d.interface } : { vni: d.vni }
  return useRead(['device', d.id, 'bindings'], (signal) => told(api.GET('/v1/coverage/bindings', { params: { query }, signal })), { when: !!d.interface || !!d.vni, patience: 60_000 })
}

/** Others that have had the same address: the same machine under another id, or another machine after it. */
export function useNamesakes(d: Device): Reading<Schemas['DeviceList']> {
  return useRead(['devices', 'at', d.address], (signal) => told(api.GET('/v1/devices', { params: { query: { address: [d.address], limit: 50 } }, signal })), { patience: 60_000 })
}

const mostPages = 5

export interface Watched {
  interface?: Schemas['Coverage']
  complete: boolean
  why?: string
}

/**
 * Whether the device's interface is watched; where it is not known, how the network identifier fares under which the device is heard. The API lists
 * interfaces by VPC: so many of them are looked through, and no more.
 */
export function useCoverage(d: Device): Reading<Watched> {
  const is = (c: Schemas['Coverage']) => (d.interface ? c.interface === d.interface : c.vni === d.vni)
  return useRead(['coverage', 'of-device', d.interface, d.vni, d.vpc], async (signal) => {
    let cursor: string | undefined
    for (let page = 0; page < mostPages; page++) {
      const got = await told(api.GET('/v1/coverage', { params: { query: { vpc: d.vpc || undefined, limit: 1000, cursor } }, signal }))
      const found = got.items.find(is)
      if (found || !got.next) return { interface: found, complete: true }
      cursor = got.next
    }
    return { complete: false, why: `it is not among the first ${mostPages * 1000} interfaces` }
  }, { when: isPlaced(d), patience: 60_000 })
}

/** Whether it is known where a device is heard. What is outside is heard at whomever it speaks with. */
export const isPlaced = (d: Device): boolean => !!d.interface || (!!d.vni && !d.external)

/** The last records of the device. */
export function useLastRecords(query: string, span: Span): Reading<Schemas['RecordList']> {
  return useRead(['records', 'of-device', query, span.from, span.to], (signal) =>
    told(api.POST('/v1/records/search', { body: { query, ...during(span), limit: 10, order: 'newest', count: false }, signal })), { keep: true })
}
