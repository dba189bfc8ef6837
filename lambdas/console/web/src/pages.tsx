// Every page of the console, one line each. A page is a folder under pages/; its first load is its own.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react'

export interface Page {
  path: string // as wouter has it
  title: string
  shows: LazyExoticComponent<ComponentType>
}

export const pages: readonly Page[] = [
  { path: '/activity-map', title: 'Activity map', shows: lazy(() => import('./pages/activity-map/ActivityMap')) },
  { path: '/incidents', title: 'Incidents', shows: lazy(() => import('./pages/incidents/Incidents')) },
  { path: '/incidents/:id', title: 'Incident', shows: lazy(() => import('./pages/incident/Incident')) },
  { path: '/settings/about', title: 'About', shows: lazy(() => import('./pages/about/About')) },
]
