// Triage of several detections at once. What is left as it is stays as it is.
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Modal from '@cloudscape-design/components/modal'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useState, type ReactNode } from 'react'
import { isResolution, isStatus, resolutionWord, statusWord } from '../../detections/names'
import { usePeople } from '../../detections/people'
import { nobody } from '../../detections/slots'
import { useMe } from '../../state/me'
import { counted } from '../../ui/number'
import { visible } from '../../ui/Wire'
import type { Change } from './triage'

interface Props {
  count: number
  busy: boolean
  send: (c: Change) => void
  close: () => void
}

const stays = { value: 'stays', label: 'As it is' }
const statuses = [stays, ...Object.entries(statusWord).map(([value, label]) => ({ value, label }))]
const resolutions = [stays, ...Object.entries(resolutionWord).map(([value, label]) => ({ value: value || 'none', label }))]

/** Gives the change of what was chosen; undefined where nothing was. */
export function changeOf(status: string, resolution: string, assignee: string, note: string): Change | undefined {
  const c: Change = {}
  if (isStatus(status)) c.status = status
  const r = resolution === 'none' ? '' : resolution
  if (resolution !== 'stays' && isResolution(r) && mayResolve(status)) c.resolution = r
  if (assignee !== 'stays') c.assignee = assignee === nobody ? '' : assignee
  if (note.trim()) c.note = note.trim()
  return Object.keys(c).length > 0 ? c : undefined
}

// Only what is closed has a resolution; whether those are whose status stays, the API knows.
const mayResolve = (status: string) => status === 'closed' || status === 'stays'

export default function BulkForm({ count, busy, send, close }: Props): ReactNode {
  const [status, setStatus] = useState('stays')
  const [resolution, setResolution] = useState('stays')
  const [assignee, setAssignee] = useState('stays')
  const [note, setNote] = useState('')
  const change = changeOf(status, resolution, assignee, note)
  const long = note.length > 8192 ? 'At most 8,192 characters' : undefined
  const people = useAssignees()
  return (
    <Modal
      visible
      header={`Triage ${counted(count, 'detection')}`}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button
              variant="primary"
              loading={busy}
              disabled={!change || long !== undefined}
              disabledReason={long ?? 'Choose what to change'}
              onClick={() => change && send(change)}
            >{`Change ${counted(count, 'detection')}`}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Chosen label="Status" value={status} set={setStatus} options={statuses} />
        <Chosen
          label="Resolution"
          description="What it turned out to be. Benign: right about what happened, which was allowed."
          value={resolution}
          set={setResolution}
          options={resolutions}
          closed={mayResolve(status) ? undefined : 'Only what is closed has a resolution'}
        />
        <Chosen label="Assignee" value={assignee} set={setAssignee} options={people} />
        <FormField label="Note" description="Added to each of them." errorText={long}>
          <Textarea value={note} onChange={(e) => setNote(e.detail.value)} rows={3} />
        </FormField>
      </SpaceBetween>
    </Modal>
  )
}

interface ChosenProps {
  label: string
  description?: string
  value: string
  set: (v: string) => void
  options: { value: string; label: string }[]
  closed?: string // why nothing can be chosen
}

function Chosen({ label, description, value, set, options, closed }: ChosenProps): ReactNode {
  return (
    <FormField label={label} description={closed ?? description}>
      <Select
        disabled={closed !== undefined}
        selectedOption={options.find((o) => o.value === value) ?? stays}
        options={options}
        onChange={(e) => set(e.detail.selectedOption.value ?? 'stays')}
      />
    </FormField>
  )
}

// Oneself, nobody, and whoever else may have it.
function useAssignees(): { value: string; label: string }[] {
  const me = useMe()
  const others = usePeople(true).filter((n) => n !== me.name)
  return [stays, { value: me.name, label: `Me (${me.name})` }, { value: nobody, label: 'Nobody' }, ...others.map((n) => ({ value: n, label: visible(n, 64) }))]
}
