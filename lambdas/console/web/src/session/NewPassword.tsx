import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { api, told, type Problem } from '../api/client'
import type { Me } from '../api/names'
import { asProblem } from '../api/read'
import { refusal, useLeft } from './refusal'

const least = 12
const most = 256

interface Props {
  name: string
  current?: string // where it was typed a moment ago
  changed: (me: Me) => void
  other?: ReactNode // a button beside
}

/** The form of a new password of one's own. The rules stand before it; what only the server knows (what everybody guesses first) it says itself. */
export function NewPassword({ name, current: known, changed, other }: Props): ReactNode {
  const [current, setCurrent] = useState(known ?? '')
  const [fresh, setFresh] = useState('')
  const [twice, setTwice] = useState('')
  const [shown, show] = useState(false)
  const [tried, setTried] = useState(false)
  const [wrong, setWrong] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const left = useLeft(wrong)
  const why = faults(name, current, fresh, twice)
  const send = async () => {
    setTried(true)
    if (why.current || why.fresh || why.twice || left > 0) return
    setBusy(true)
    try {
      changed(await told(api.PUT('/v1/me/password', { body: { current, new: fresh } })))
    } catch (e) {
      setWrong(asProblem(e))
      setBusy(false)
    }
  }
  const type = shown ? 'text' : 'password'
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
        <SpaceBetween size="m">
          <input className="mw-hidden" type="text" autoComplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
          {known === undefined && (
            <FormField label="Current password" errorText={tried && why.current} stretch>
              <Input type={type} value={current} onChange={(e) => setCurrent(e.detail.value)} autoComplete="current-password" autoFocus />
            </FormField>
          )}
          <FormField
            label="New password" stretch errorText={tried && why.fresh}
            description={`At least ${least} characters of any sort; a few words are good. Not your name, no rows such as abcd or 1234, and nothing that everybody tries first.`}
          >
            <Input type={type} value={fresh} onChange={(e) => setFresh(e.detail.value)} autoComplete="new-password" autoFocus={known !== undefined} />
          </FormField>
          <FormField label="New password once more" errorText={tried && why.twice} stretch>
            <Input type={type} value={twice} onChange={(e) => setTwice(e.detail.value)} autoComplete="new-password" />
          </FormField>
          <Checkbox checked={shown} onChange={(e) => show(e.detail.checked)}>Show what is typed</Checkbox>
        </SpaceBetween>
      </Form>
    </form>
  )
}

/** Says what is wrong with what was typed, as far as the page can know. Characters are counted as the server does: an emoji is one. */
export function faults(name: string, current: string, fresh: string, twice: string): { current?: string; fresh?: string; twice?: string } {
  const n = [...fresh].length
  const why: { current?: string; fresh?: string; twice?: string } = {}
  if (!current) why.current = 'Give the password that you signed in with.'
  if (n < least) why.fresh = n === 0 ? 'Give a new password.' : `${least - n} more ${least - n === 1 ? 'character is' : 'characters are'} needed.`
  else if (n > most) why.fresh = `At most ${most} characters.`
  else if (fresh === current) why.fresh = 'It must be another than the current one.'
  else if (name.length >= 3 && fresh.toLowerCase().includes(name.toLowerCase())) why.fresh = 'It must not hold your name.'
  if (twice !== fresh) why.twice = 'The two are not the same.'
  return why
}
