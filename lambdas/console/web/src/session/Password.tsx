import Button from '@cloudscape-design/components/button'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { api, told, type Problem } from '../api/client'
import type { Me } from '../api/names'
import { asProblem } from '../api/read'
import { refusal, useLeft } from './refusal'

/** The form of name and password. The name is given where it is known; another can be chosen. */
export function Password({ name: known, enter, other }: { name?: string; enter: (me: Me, password: string) => void; other?: ReactNode }): ReactNode {
  const [name, setName] = useState(known ?? '')
  const [password, setPassword] = useState('')
  const [wrong, setWrong] = useState<Problem>()
  const [missing, setMissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const left = useLeft(wrong)
  const send = async () => {
    setMissing(!name.trim() || !password)
    if (!name.trim() || !password || left > 0) return
    setBusy(true)
    try {
      enter(await told(api.POST('/v1/session', { body: { name: name.trim(), password } })), password)
    } catch (e) {
      setWrong(asProblem(e))
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send() }} noValidate>
      <Form
        errorText={wrong && refusal(wrong, left)}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {other}
            <Button variant="primary" formAction="submit" loading={busy} loadingText="Signing in" disabled={left > 0} disabledReason={`Wait ${left} s`}>Sign in</Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="m">
          <FormField label="Name" errorText={missing && !name.trim() && 'Give your name.'} stretch>
            <Input value={name} onChange={(e) => setName(e.detail.value)} autoComplete="username" autoFocus={!known} spellcheck={false} />
          </FormField>
          <FormField label="Password" errorText={missing && !password && 'Give your password.'} stretch>
            <Input type="password" value={password} onChange={(e) => setPassword(e.detail.value)} autoComplete="current-password" autoFocus={!!known} />
          </FormField>
        </SpaceBetween>
      </Form>
    </form>
  )
}
