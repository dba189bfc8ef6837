// Every page there is, with something on it.
import { asking } from './browser'

export interface Place {
  name: string // for a file's name
  path: string
  main?: boolean // one of those that are looked at in every width
  admin?: boolean // of no use to anybody else
}

/** Lists every page; those of one thing show the one that says most. */
export async function places(): Promise<Place[]> {
  const api = await asking('analyst')
  const found = await api.well(api.api.GET('/v1/detections', { params: { query: { sort: '-score', limit: 50 } } }))
  const worst = found.items[0]
  const incidents = await api.well(api.api.GET('/v1/incidents', { params: { query: { sort: '-score', limit: 1 } } }))
  const devices = await api.well(api.api.GET('/v1/devices', { params: { query: { limit: 200 } } }))
  const device = worst?.participants?.find((p) => !p.external && p.device)?.device ?? devices.items[0]?.id
  const settings = ['parameters', 'tuning-rules', 'threat-intelligence', 'notifications', 'users', 'api-keys', 'audit-log', 'sessions', 'about']
  return [
    { name: 'detections', path: '/detections', main: true },
    { name: 'detection', path: `/detections/${worst?.id}`, main: true },
    { name: 'detection-enriched', path: '/detections/0123456789abcdef0123456789abcdef' },
    { name: 'incidents', path: '/incidents', main: true },
    { name: 'incident', path: `/incidents/${encodeURIComponent(incidents.items[0]?.id ?? '')}`, main: true },
    { name: 'devices', path: '/devices', main: true },
    { name: 'device', path: `/devices/${encodeURIComponent(device ?? '')}`, main: true },
    { name: 'records', path: '/records', main: true },
    { name: 'activity-map', path: '/activity-map' },
    { name: 'activity-map-network', path: '/activity-map?address=10.20.2.0/24', main: true },
    { name: 'coverage', path: '/coverage', main: true },
    { name: 'coverage-points', path: '/coverage?tab=points' },
    { name: 'coverage-plan', path: '/coverage?tab=plan', main: true },
    { name: 'attack', path: '/attack', main: true },
    ...settings.map((s) => ({ name: `settings-${s}`, path: `/settings/${s}`, admin: true })),
  ]
}
