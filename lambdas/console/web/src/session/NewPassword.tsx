import Button from '@cloudscape-design/components/button'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { api, told, type Problem } from '../api/client'
import type { Me } from '../api/names'
import { asProblem } from '../api/read'
import { freshFault, PasswordFields, twiceFault } from './PasswordFields'
import { refusal, useLeft } from './refusal'

interface Props {
  name: string
  current?: string // where it was typed a moment ago
  changed: (me: Me) => void
  other?: ReactNode // a button beside
}

/** The form of a new password of one's own. The rules stand before it; what only the server knows (what everybody guesses first) it says itself. */
export function NewPassword({ name, current: known, changed, other }: Props): ReactNode {
  const [current, setCurrent] = useState(known ?? '')
  const [typed, setTyped] = useState({ fresh: '', twice: '' })
  const [tried, setTried] = useState(false)
  const [wrong, setWrong] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const left = useLeft(wrong)
  const why = faults(name, current, typed.fresh, typed.twice)
  const send = async () => {
    setTried(true)
    if (why.current || why.fresh || why.twice || left > 0) return
    setBusy(true)
    try {
      changed(await told(api.PUT('/v1/me/password', { body: { current, new: typed.fresh } })))
    } catch (e) {
      setWrong(asProblem(e))
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send() }} noValidate>
      <Form
        errorText={wrong && (wrong.status === 401 ? 'The current password is wrong.' : refusal(wrong, left))}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {other}
            <Button variant="primary" formAction="submit" loading={busy} loadingText="Changing" disabled={left > 0} disabledReason={`Wait ${left} s`}>Change the password</Button>
          </SpaceBetween>
        }
      >
        <input className="mw-hidden" type="text" autoComplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
        <PasswordFields
          of={typed} change={setTyped} wrong={tried ? why : {}} name={name} focus={known !== undefined}
          before={known === undefined ? (type) => (
            <FormField label="Current password" errorText={tried && why.current} stretch>
              <Input type={type} value={current} onChange={(e) => setCurrent(e.detail.value)} autoComplete="current-password" autoFocus />
            </FormField>
          ) : undefined}
        />
      </Form>
    </form>
  )
}

/** Says what is wrong with what was typed, as far as the page can know. */
export function faults(name: string, current: string, fresh: string, twice: string): { current?: string; fresh?: string; twice?: string } {
  const same = fresh !== '' && fresh === current ? 'It must be another than the current one.' : undefined
  return { current: current ? undefined : 'Give the password that you signed in with.', fresh: freshFault(name, fresh) ?? same, twice: twiceFault({ fresh, twice }) }
}
