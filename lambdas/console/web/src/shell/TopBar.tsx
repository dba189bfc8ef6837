import TopNavigation from '@cloudscape-design/components/top-navigation'
import type { ReactNode } from 'react'
import { useLink } from '../state/url'
import { useMe } from '../state/me'
import { useTheme, type Theme } from '../state/theme'
import { useZone, zoneLabel, type Zone } from '../state/zone'
import { useOwnSession } from '../session/Session'

const themes: Record<Theme, string> = { light: 'Light', dark: 'Dark', system: 'As the system' }

/** What is above every page. */
export function TopBar(): ReactNode {
  const me = useMe()
  const link = useLink()
  const [theme, setTheme] = useTheme()
  const [zone, setZone] = useZone()
  const { signOut } = useOwnSession()
  return (
    <div id="mw-top">
      <TopNavigation
        identity={{ href: link('/detections'), title: 'Mirrorwatch' }}
        utilities={[
          {
            type: 'menu-dropdown', text: themes[theme], ariaLabel: 'Theme', onItemClick: (e) => setTheme(e.detail.id as Theme),
            items: Object.entries(themes).map(([id, text]) => ({ id, text })),
          },
          {
            type: 'menu-dropdown', text: zoneLabel(zone), ariaLabel: 'Time zone', onItemClick: (e) => setZone(e.detail.id as Zone),
            items: [{ id: 'utc', text: 'UTC' }, { id: 'local', text: `This computer's (${zoneLabel('local')})` }],
          },
          {
            type: 'menu-dropdown', text: me.name, description: me.role, iconName: 'user-profile', onItemClick: (e) => e.detail.id === 'out' && signOut(),
            items: [{ id: 'out', text: 'Sign out' }],
          },
        ]}
      />
    </div>
  )
}
