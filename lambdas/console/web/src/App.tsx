// The shell: who is signed in, what is around every page, and which page the URL names.
import { I18nProvider } from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import AppLayout from '@cloudscape-design/components/app-layout'
import { Suspense, useEffect, useState, type ReactNode } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { pages } from './pages'
import { Session } from './session/Session'
import { Banner } from './shell/Banner'
import { Boundary } from './shell/Broken'
import { focusContent, useFocusOnArrival } from './shell/focus'
import { Messages, Said } from './shell/Messages'
import { Missing } from './shell/Missing'
import { Navigation } from './shell/Navigation'
import { TopBar } from './shell/TopBar'
import { Titled } from './shell/Titled'
import { usePrinting } from './state/printing'
import { useTheme } from './state/theme'
import { Printed } from './shell/Printed'
import { Loading } from './ui/Panel'

export function App(): ReactNode {
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <Theme />
      <Messages>
        <Session>
          <Around />
        </Session>
      </Messages>
    </I18nProvider>
  )
}

// Theme keeps the page in its colours. It watches the address, by itself: with each change of that all that is around the page would be drawn anew.
function Theme(): ReactNode {
  useTheme()
  return null
}

const roomy = () => matchMedia('(min-width: 1000px)')

// Around is what every page stands in.
function Around(): ReactNode {
  const [wide, setWide] = useState(() => roomy().matches)
  useEffect(() => { // a window that grows again, or a tablet that is turned, gets back its navigation
    const media = roomy()
    const follow = () => setWide(media.matches)
    media.addEventListener('change', follow)
    return () => media.removeEventListener('change', follow)
  }, [])
  return (
    <>
      <a className="mw-skip" href="#content" onClick={(e) => { e.preventDefault(); focusContent() }}>To the content</a>
      <TopBar />
      <AppLayout
        headerSelector="#mw-top"
        navigation={<Navigation />}
        navigationHide={usePrinting()}
        navigationOpen={wide}
        onNavigationChange={(e) => setWide(e.detail.open)}
        navigationWidth={232}
        notifications={<><Banner /><Said /></>}
        stickyNotifications
        toolsHide
        content={<><Pages /><Printed /></>}
      />
    </>
  )
}

function Pages(): ReactNode {
  const [path] = useLocation()
  useFocusOnArrival(path)
  return (
    <Boundary path={path}>
      <Suspense fallback={<Loading lines={6} />}>
        <Switch>
          {pages.map((p) => (
            <Route key={p.path} path={p.path}>
              <Titled title={p.title}><p.shows /></Titled>
            </Route>
          ))}
          <Route path="/sign-in"><Redirect to="/detections" replace /></Route>
          <Route path="/"><Redirect to="/detections" replace /></Route>
          <Route><Titled title="No such page"><Missing /></Titled></Route>
        </Switch>
      </Suspense>
    </Boundary>
  )
}
