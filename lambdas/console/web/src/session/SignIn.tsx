import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import { useEffect, useState, type ReactNode } from 'react'
import type { Me } from '../api/names'
import { asProblem } from '../api/read'
import { Titled } from '../shell/Titled'
import { visible } from '../ui/Wire'
import { begin } from './cognito'
import { Front } from './Front'
import type { How } from './how'
import { Password } from './Password'

/** The page for whom the console does not know yet. It stands at whatever address was opened: there one is after signing in. */
export function SignIn({ how, why, enter }: { how: How; why?: string; enter: (me: Me) => void }): ReactNode {
  return (
    <Titled title="Sign in">
      <Front title="Sign in">
        {why && <Alert type="info" statusIconAriaLabel="Note">{visible(why)}</Alert>}
        {how.kind === 'local' ? <Password enter={enter} /> : <ToPool how={how} />}
      </Front>
    </Titled>
  )
}

function ToPool({ how }: { how: How & { kind: 'cognito' } }): ReactNode {
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string>()
  const go = () => {
    setBusy(true)
    const to = location.pathname === '/sign-in' ? '/' : location.pathname + location.search
    begin(how.cognito.pool, to).then((url) => location.assign(url), (e: unknown) => {
      setWrong(asProblem(e).message)
      setBusy(false)
    })
  }
  return (
    <>
      <Box variant="p" color="text-body-secondary">You are led to your organisation's sign-in page, and back here afterwards.</Box>
      {wrong && <Alert type="error" statusIconAriaLabel="Error">{wrong}</Alert>}
      <Button variant="primary" onClick={go} loading={busy} loadingText="Going to the sign-in page" fullWidth>Go to the sign-in page</Button>
    </>
  )
}

/** What a window of its own shows that was opened to sign in again. It has handed its answer to the tab that waits. */
export function Handed(): ReactNode {
  useEffect(() => window.close(), [])
  return <Front title="Go back to the other window"><Box variant="p">The sign-in goes on there. This window can be closed.</Box></Front>
}
