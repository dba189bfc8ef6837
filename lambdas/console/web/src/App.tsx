// The shell: who is signed in, what is around every page, and which page the URL names.
import { I18nProvider } from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import AppLayout from '@cloudscape-design/components/app-layout'
import { Suspense, type ReactNode } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import { pages } from './pages'
import { Session } from './session/Session'
import { Messages, Said } from './shell/Messages'
import { Missing } from './shell/Missing'
import { Navigation } from './shell/Navigation'
import { TopBar } from './shell/TopBar'
import { Titled } from './shell/Titled'
import { useTheme } from './state/theme'
import { Loading } from './ui/Panel'

export function App(): ReactNode {
  useTheme()
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <Messages>
        <Session>
          <TopBar />
          <AppLayout
            headerSelector="#mw-top"
            navigation={<Navigation />}
            notifications={<Said />}
            stickyNotifications
            toolsHide
            content={<Pages />}
          />
        </Session>
      </Messages>
    </I18nProvider>
  )
}

function Pages(): ReactNode {
  return (
    <Suspense fallback={<Loading lines={6} />}>
      <Switch>
        {pages.map((p) => (
          <Route key={p.path} path={p.path}>
            <Titled title={p.title}><p.shows /></Titled>
          </Route>
        ))}
        <Route path="/sign-in"><Redirect to="/detections" replace /></Route>
        <Route path="/"><Redirect to="/detections" replace /></Route>
        <Route><Missing /></Route>
      </Switch>
    </Suspense>
  )
}
