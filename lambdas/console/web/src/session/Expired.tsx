import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { api, told } from '../api/client'
import type { Me } from '../api/names'
import { asProblem } from '../api/read'
import { visible } from '../ui/Wire'
import { begin, takePending } from './cognito'
import type { How } from './how'
import { NewPassword } from './NewPassword'
import { Password } from './Password'
import { listen } from './tabs'

interface Props {
  name: string
  how: How
  enter: (me: Me) => void
  leave: () => void
}

/**
 * Over the page whose session has ended. It cannot be closed: nothing works without a session, and what was typed stays below. It is the
 * browser's own dialog, which lies above every other, a form in a dialog of the page's included.
 */
export function Expired({ name, how, enter, leave }: Props): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const [must, setMust] = useState<{ me: Me; password: string }>()
  useEffect(() => {
    dialog.current?.showModal() // which focuses what comes first, the name
    dialog.current?.querySelector<HTMLElement>('input[type="password"]')?.focus()
  }, [])
  const out = <Button variant="link" formAction="none" onClick={leave}>Leave the page</Button>
  return (
    <dialog ref={dialog} className="mw-dialog" aria-labelledby="mw-expired" onCancel={(e) => e.preventDefault()}>
      <h2 id="mw-expired">{must ? 'Choose a password of your own' : 'Your session has ended'}</h2>
      {!must && <Box variant="p" color="text-body-secondary">Sign in again to go on as {visible(name, 64)}. Nothing that you typed is lost, and what was being loaded or saved goes on.</Box>}
      {must ? (
        <NewPassword name={must.me.name} current={must.password} changed={enter} other={out} />
      ) : how.kind === 'local' ? (
        <Password name={name} enter={(me, password) => (me.must_change ? setMust({ me, password }) : enter(me))} other={out} />
      ) : (
        <InWindow how={how} enter={enter} out={out} />
      )}
    </dialog>
  )
}

/** Signs in at the user pool in a window of its own, so that the page stays. */
function InWindow({ how, enter, out }: { how: How & { kind: 'cognito' }; enter: (me: Me) => void; out: ReactNode }): ReactNode {
  const [wrong, setWrong] = useState<string>()
  useEffect(() => listen((word) => {
    if (word.said !== 'code') return
    const pending = takePending(word.state)
    if (!pending) return // another tab's
    how.cognito.exchange(word, pending).then(() => told(api.GET('/v1/me'))).then(enter, (e: unknown) => setWrong(asProblem(e).message))
  }), [how, enter])
  const open = () => {
    const w = window.open('', 'mirrorwatch-sign-in', 'popup,width=520,height=700') // at once: later the browser would take it for unasked
    if (!w) return setWrong('The browser did not let a window be opened. Allow it for this page, and try again.')
    begin(how.cognito.pool, '/', true).then((url) => { w.location.href = url }, (e: unknown) => setWrong(asProblem(e).message))
  }
  return (
    <SpaceBetween size="m">
      {wrong && <Alert type="error" statusIconAriaLabel="Error">{visible(wrong)}</Alert>}
      <div className="mw-dialog-actions">{out}<Button variant="primary" onClick={open} ariaLabel="Sign in, in a window of its own">Sign in</Button></div>
    </SpaceBetween>
  )
}
