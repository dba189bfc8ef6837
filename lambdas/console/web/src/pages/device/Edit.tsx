// What people say of a device: its name, its role, a note.
import Alert from '@cloudscape-design/components/alert'
import Autosuggest from '@cloudscape-design/components/autosuggest'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import type { ReactNode } from 'react'
import type { Device } from '../../api/names'
import { knownRoles, roleWord } from '../../devices/device'
import { visible, Wire } from '../../ui/Wire'
import { fieldError, useSave, type Said } from './save'

export function Edit({ d, close }: { d: Device; close: () => void }): ReactNode {
  const form = useSave(d, close)
  const { value, set } = form
  const error = (field: string) => fieldError(form.problem, field)
  return (
    <Modal
      visible header="What people say of this device" closeAriaLabel="Close" onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>Cancel</Button>
            <Button variant="primary" loading={form.busy} onClick={() => form.send()}>Save</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form onSubmit={(e) => { e.preventDefault(); form.send() }}>
        <Form errorText={form.problem && form.problem.errors.length === 0 ? form.problem.message : undefined}>
          <SpaceBetween size="m">
            {form.theirs && <Theirs of={form.theirs} take={form.take} overwrite={form.overwrite} />}
            <span className="mw-quiet">It goes before what the sensors learn, and nothing that they learn changes it.</span>
            <FormField label="Name" description={<>Empty: what others call it{d.hostname ? <>, <Wire length={80}>{d.hostname}</Wire></> : ''}.</>} errorText={error('name')}>
              <Input value={value.name} onChange={(e) => set({ ...value, name: e.detail.value })} />
            </FormField>
            <FormField label="Role" description={d.role ? `Empty: what its conduct shows, ${visible(roleWord(d.role), 64).toLowerCase()}.` : 'Empty: what its conduct shows; nothing yet.'} errorText={error('role')}>
              <Autosuggest
                value={value.role} onChange={(e) => set({ ...value, role: e.detail.value })} enteredTextLabel={(t) => `A role of your own: “${visible(t, 64)}”`} ariaLabel="Role"
                options={knownRoles.map((r) => ({ value: r, label: r, description: roleWord(r) }))} expandToViewport
              />
            </FormField>
            <Checkbox
              checked={value.high_value || d.high_value === true} disabled={d.high_value === true} onChange={(e) => set({ ...value, high_value: e.detail.checked })}
              description={d.high_value ? 'Its conduct shows that it is.' : 'Detections of it weigh more.'}
            >
              Of high value
            </Checkbox>
            <FormField label="Note" description="For whoever looks at it next: whose it is, what it may do." errorText={error('note')} constraintText={`${value.note.length} of 2,048 characters`}>
              <Textarea value={value.note} rows={4} onChange={(e) => set({ ...value, note: e.detail.value })} />
            </FormField>
          </SpaceBetween>
        </Form>
      </form>
    </Modal>
  )
}

function Theirs({ of, take, overwrite }: { of: Said; take: () => void; overwrite: () => void }): ReactNode {
  return (
    <Alert
      type="warning" header="Somebody changed this device while you were writing"
      action={
        <SpaceBetween direction="horizontal" size="xs">
          <Button formAction="none" onClick={take}>Take theirs</Button>
          <Button formAction="none" onClick={overwrite}>Save mine over it</Button>
        </SpaceBetween>
      }
    >
      What you typed is still below. There is now: name <b><Wire length={128}>{of.name || 'none'}</Wire></b>, role <b><Wire length={64}>{of.role || 'none'}</Wire></b>, {of.high_value ? 'of high value' : 'not of high value'},
      note <b><Wire length={300}>{of.note || 'none'}</Wire></b>.
    </Alert>
  )
}
