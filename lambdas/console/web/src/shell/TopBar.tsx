import TopNavigation from '@cloudscape-design/components/top-navigation'
import { memo, useRef, useState, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import type { Me } from '../api/names'
import { ChangePassword } from '../session/ChangePassword'
import { useOwnSession } from '../session/Session'
import { useKeys } from '../state/keys'
import { useMe } from '../state/me'
import { sharedLink } from '../state/share'
import { useTheme, type Theme } from '../state/theme'
import { useGo, useLink } from '../state/url'
import { useZone, zoneLabel, type Zone } from '../state/zone'
import { visible } from '../ui/Wire'
import { Help } from './Help'
import { useTell } from './Messages'
import { focusSearch, Search } from './Search'
import './shell.css'

const themes: Record<Theme, string> = { light: 'Light', dark: 'Dark', system: 'System' }

/** What is above every page. */
export function TopBar(): ReactNode {
  const me = useMe()
  const link = useLink()
  const go = useGo()
  const [, navigate] = useLocation()
  const [theme, setTheme] = useTheme()
  const [zone, setZone] = useZone()
  const [open, setOpen] = useState<'help' | 'password'>()
  const { signOut } = useOwnSession()
  const share = useShare(theme, zone)
  useKeys([
    { key: '/', does: 'Search', run: focusSearch },
    { key: '?', does: 'Show the keys', run: () => setOpen('help') },
  ])
  const does: Doing = {
    setTheme, setZone, home: () => navigate(link('/detections')),
    own: { out: signOut, help: () => setOpen('help'), password: () => setOpen('password'), sessions: () => go('/settings/sessions'), share },
  }
  const latest = useRef(does)
  latest.current = does
  return (
    <div id="mw-top">
      <Bar me={me} home={link('/detections')} theme={theme} zone={zone} does={latest} />
      {open === 'help' && <Help close={() => setOpen(undefined)} />}
      {open === 'password' && <ChangePassword close={() => setOpen(undefined)} />}
    </div>
  )
}

interface Doing {
  setTheme: (t: Theme) => void
  setZone: (z: Zone) => void
  home: () => void
  own: Record<string, () => void>
}

interface BarProps {
  me: Me
  home: string
  theme: Theme
  zone: Zone
  does: { readonly current: Doing }
}

// Bar measures its page whenever it is drawn: it is, only when it says something else.
const Bar = memo(function Bar({ me, home, theme, zone, does }: BarProps): ReactNode {
  return (
    <TopNavigation
      identity={{
        href: home, title: 'Mirrorwatch',
        onFollow: (e) => { e.preventDefault(); does.current.home() },
      }}
      search={<Search />}
      utilities={[
        { type: 'button', iconName: 'share', ariaLabel: 'Copy a link to this view', title: 'Copy a link to this view', onClick: () => does.current.own.share?.() },
        {
          type: 'menu-dropdown', text: themes[theme], ariaLabel: `Theme: ${themes[theme]}`, onItemClick: (e) => does.current.setTheme(e.detail.id as Theme),
          items: Object.entries(themes).map(([id, text]) => ({ id, text, iconName: id === theme ? 'check' as const : undefined })),
        },
        {
          type: 'menu-dropdown', text: zoneLabel(zone), ariaLabel: `Times are in ${zoneLabel(zone)}`, disableTextCollapse: true, onItemClick: (e) => does.current.setZone(e.detail.id as Zone),
          items: (['utc', 'local'] as const).map((id) => ({ id, text: id === 'utc' ? 'UTC' : `This computer's (${zoneLabel('local')})`, iconName: id === zone ? 'check' as const : undefined })),
        },
        {
          type: 'menu-dropdown', text: visible(me.name, 24), description: `Role: ${me.role}`, iconName: 'user-profile', ariaLabel: `${visible(me.name, 64)}, ${me.role}`,
          onItemClick: (e) => does.current.own[e.detail.id]?.(),
          items: [
            { id: 'password', text: 'Change the password', disabled: me.kind !== 'user', disabledReason: 'Your organisation keeps your password: change it there.' },
            { id: 'sessions', text: 'My sessions' }, { id: 'share', text: 'Copy a link to this view' }, { id: 'help', text: 'Keys' }, { id: 'out', text: 'Sign out' },
          ],
        },
      ]}
    />
  )
})

function useShare(theme: Theme, zone: Zone): () => void {
  const tell = useTell()
  return () => {
    const link = sharedLink(location.href, { theme, zone })
    const failed = () => tell({ type: 'warning', text: <>The browser did not let it be copied. The link: <span className="mw-mono">{link}</span></> })
    if (!navigator.clipboard) return failed()
    navigator.clipboard.writeText(link).then(() => tell({ type: 'success', text: 'The link to this view is copied. It holds the time, the zone and the theme that you see.' }), failed)
  }
}
