import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { api, told } from '../api/client'
import { asProblem } from '../api/read'
import type { Me } from '../api/names'

/** Name and password of whom the page does not know yet. */
export function SignIn({ enter }: { enter: (me: Me) => void }): ReactNode {
  return (
    <main className="mw-sign-in">
      <Box padding="xxl">
        <Container header={<Header variant="h1">Sign in to Mirrorwatch</Header>}>
          <Password enter={enter} />
        </Container>
      </Box>
    </main>
  )
}

/** The form of name and password; the name is given where it is known. */
export function Password({ name: known, enter }: { name?: string; enter: (me: Me) => void }): ReactNode {
  const [name, setName] = useState(known ?? '')
  const [password, setPassword] = useState('')
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const send = async () => {
    setBusy(true)
    try {
      enter(await told(api.POST('/v1/session', { body: { name, password } })))
    } catch (e) {
      setWrong(asProblem(e).message)
    }
    setBusy(false)
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send() }}>
      <Form errorText={wrong} actions={<Button variant="primary" formAction="submit" loading={busy}>Sign in</Button>}>
        <SpaceBetween size="m">
          <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} disabled={known !== undefined} autoComplete="username" autoFocus={!known} /></FormField>
          <FormField label="Password"><Input type="password" value={password} onChange={(e) => setPassword(e.detail.value)} autoComplete="current-password" autoFocus={!!known} /></FormField>
        </SpaceBetween>
      </Form>
    </form>
  )
}
