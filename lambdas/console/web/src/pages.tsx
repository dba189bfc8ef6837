// Every page of the console, one line each. A page is a folder under pages/; its first load is its own.
import { lazy as lazily, type ComponentType, type LazyExoticComponent } from 'react'

export interface Page {
  path: string // as wouter has it
  title: string
  shows: LazyExoticComponent<ComponentType> & { load: () => Promise<unknown> }
}

// A page is loaded when it is shown, or before that when somebody knows that it will be.
const lazy = (load: () => Promise<{ default: ComponentType }>) => Object.assign(lazily(load), { load })

export const pages: readonly Page[] = [
  { path: '/devices', title: 'Devices', shows: lazy(() => import('./pages/devices/Devices')) },
  { path: '/devices/:id', title: 'Device', shows: lazy(() => import('./pages/device/Device')) },
  { path: '/detections', title: 'Detections', shows: lazy(() => import('./pages/detections/Detections')) },
  { path: '/records', title: 'Records', shows: lazy(() => import('./pages/records/Records')) },
  { path: '/settings/parameters', title: 'Parameters', shows: lazy(() => import('./pages/settings/parameters/Parameters')) },
  { path: '/settings/tuning-rules', title: 'Tuning rules', shows: lazy(() => import('./pages/settings/tuning-rules/TuningRules')) },
  { path: '/settings/threat-intelligence', title: 'Threat intelligence', shows: lazy(() => import('./pages/settings/threat-intelligence/ThreatIntelligence')) },
  { path: '/settings/notifications', title: 'Notifications', shows: lazy(() => import('./pages/settings/notifications/Notifications')) },
  { path: '/activity-map', title: 'Activity map', shows: lazy(() => import('./pages/activity-map/ActivityMap')) },
  { path: '/attack', title: 'ATT&CK map', shows: lazy(() => import('./pages/attack/Attack')) },
  { path: '/coverage', title: 'Coverage', shows: lazy(() => import('./pages/coverage/Coverage')) },
  { path: '/incidents', title: 'Incidents', shows: lazy(() => import('./pages/incidents/Incidents')) },
  { path: '/incidents/:id', title: 'Incident', shows: lazy(() => import('./pages/incident/Incident')) },
  { path: '/settings/users', title: 'Users', shows: lazy(() => import('./pages/settings/users/Users')) },
  { path: '/settings/api-keys', title: 'API keys', shows: lazy(() => import('./pages/settings/api-keys/APIKeys')) },
  { path: '/settings/audit-log', title: 'Audit log', shows: lazy(() => import('./pages/settings/audit-log/AuditLog')) },
  { path: '/settings/sessions', title: 'My sessions', shows: lazy(() => import('./pages/settings/sessions/Sessions')) },
  { path: '/detections/:id', title: 'Detection', shows: lazy(() => import('./pages/detection/Detection')) },
  { path: '/settings/about', title: 'About', shows: lazy(() => import('./pages/about/About')) },
]

/** Begins to load the page of a path: the browser fetches it while the API is still asked who is there. */
export function preload(path: string): void {
  const page = pages.find((p) => new RegExp(`^${p.path.replace(/:\w+/g, '[^/]+')}$`).test(path === '/' ? '/detections' : path))
  page?.shows.load().catch(() => undefined) // whoever shows it says what went wrong
}
