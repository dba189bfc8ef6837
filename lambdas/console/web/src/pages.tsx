// Every page of the console, one line each. A page is a folder under pages/; its first load is its own.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react'

export interface Page {
  path: string // as wouter has it
  title: string
  shows: LazyExoticComponent<ComponentType>
}

export const pages: readonly Page[] = [
  { path: '/devices', title: 'Devices', shows: lazy(() => import('./pages/devices/Devices')) },
  { path: '/devices/:id', title: 'Device', shows: lazy(() => import('./pages/device/Device')) },
  { path: '/records', title: 'Records', shows: lazy(() => import('./pages/records/Records')) },
  { path: '/settings/parameters', title: 'Parameters', shows: lazy(() => import('./pages/settings/parameters/Parameters')) },
  { path: '/settings/tuning-rules', title: 'Tuning rules', shows: lazy(() => import('./pages/settings/tuning-rules/TuningRules')) },
  { path: '/settings/about', title: 'About', shows: lazy(() => import('./pages/about/About')) },
]
