import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { useLink } from '../state/url'

const places: [string, string][] = [
  ['Detections', '/detections'], ['Incidents', '/incidents'], ['Devices', '/devices'], ['Records', '/records'], ['Activity map', '/activity-map'], ['ATT&CK map', '/attack'],
]
const settings: [string, string][] = [
  ['Parameters', '/settings/parameters'], ['Tuning rules', '/settings/tuning-rules'], ['Threat intelligence', '/settings/threat-intelligence'],
  ['Notifications', '/settings/notifications'], ['Users', '/settings/users'], ['API keys', '/settings/api-keys'], ['Audit log', '/settings/audit-log'],
  ['My sessions', '/settings/sessions'], ['About', '/settings/about'],
]

/** Where one can go. */
export function Navigation(): ReactNode {
  const [path, navigate] = useLocation()
  const link = useLink()
  const item = ([text, href]: [string, string]): SideNavigationProps.Item => ({ type: 'link', text, href: link(href) })
  const here = [...places, ['Coverage', '/coverage'], ...settings].map(([, href]) => href ?? '').find((href) => path === href || path.startsWith(`${href}/`))
  return (
    <SideNavigation
      activeHref={here ? link(here) : undefined}
      items={[
        ...places.map(item), { type: 'divider' }, item(['Coverage', '/coverage']),
        { type: 'section', text: 'Settings', defaultExpanded: path.startsWith('/settings'), items: settings.map(item) },
      ]}
      onFollow={(e) => {
        e.preventDefault()
        navigate(e.detail.href)
      }}
    />
  )
}
