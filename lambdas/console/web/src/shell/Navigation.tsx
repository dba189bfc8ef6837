import Badge from '@cloudscape-design/components/badge'
import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useMemo, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { api, told } from '../api/client'
import { useRead } from '../api/read'
import { useLink } from '../state/url'
import { counted, digits } from '../ui/number'

const places: [string, string][] = [
  ['Detections', '/detections'], ['Incidents', '/incidents'], ['Devices', '/devices'], ['Records', '/records'], ['Activity map', '/activity-map'], ['ATT&CK map', '/attack'],
]
const settings: [string, string][] = [
  ['Parameters', '/settings/parameters'], ['Tuning rules', '/settings/tuning-rules'], ['Threat intelligence', '/settings/threat-intelligence'],
  ['Notifications', '/settings/notifications'], ['Users', '/settings/users'], ['API keys', '/settings/api-keys'], ['Audit log', '/settings/audit-log'],
  ['My sessions', '/settings/sessions'], ['About', '/settings/about'],
]

/** Where one can go, and the two counts that are worth a look: critical detections that nobody has taken up, and interfaces that are not watched. */
export function Navigation(): ReactNode {
  const [path, navigate] = useLocation()
  const link = useLink()
  const [critical, unwatched] = [useCritical(), useUnwatched()]
  // It is drawn anew when it says something else, not with each change of the address.
  return useMemo(() => {
    const marks: Record<string, ReactNode> = { '/detections': critical > 0 && <Critical n={critical} />, '/coverage': unwatched > 0 && <Unwatched n={unwatched} /> }
    const item = ([text, href]: [string, string]): SideNavigationProps.Item => ({ type: 'link', text, href: link(href), info: marks[href] || undefined })
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
  }, [path, navigate, link, critical, unwatched])
}

// useCritical counts the critical detections that are open. All others would be noise here.
function useCritical(): number {
  const open = useRead(['detections', 'open critical'], (signal) => told(api.GET('/v1/detections', { params: { query: { band: ['critical'], status: ['open'], count: true, limit: 1 } }, signal })), { every: 30_000 })
  return open.data?.total ?? 0
}

function Critical({ n }: { n: number }): ReactNode {
  return <span title={`${counted(n, 'critical detection')} open`}><Badge color="severity-critical">{digits(n)}<span className="mw-hidden"> critical ones are open</span></Badge></span>
}

// useUnwatched counts the interfaces that should be mirrored and are not.
function useUnwatched(): number {
  const coverage = useRead(['coverage', 'summary'], (signal) => told(api.GET('/v1/coverage/summary', { signal })), { every: 60_000 })
  const total = coverage.data?.total
  return total ? total.wanted - total.mirrored : 0
}

// Its colour is no band's: those mean risk.
function Unwatched({ n }: { n: number }): ReactNode {
  return <span title={`${counted(n, 'interface')} should be mirrored, and ${n === 1 ? 'is' : 'are'} not`}><StatusIndicator type="warning">{digits(n)}<span className="mw-hidden"> interfaces are not mirrored</span></StatusIndicator></span>
}
