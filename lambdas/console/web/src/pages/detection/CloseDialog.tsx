import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Modal from '@cloudscape-design/components/modal'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import type { ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { useDraft } from '../../state/draft'
import type { Triage } from './triage'
import { resolutionMeans, resolutionWord, type Resolution } from './words'

interface Typed {
  resolution?: Resolution
  note: string
}

const isTyped = (v: unknown): v is Typed => typeof v === 'object' && v !== null && typeof (v as Typed).note === 'string'

/** Asks what a detection turned out to be, and closes it. */
export function CloseDialog({ d, triage, done }: { d: Detection; triage: Triage; done: () => void }): ReactNode {
  const draft = useDraft<Typed>(`close.${d.id}`, { note: '' }, isTyped)
  const { resolution, note } = draft.value
  const send = async () => {
    if (!resolution) return
    const made = await triage.make({ status: 'closed', resolution, note: note.trim() || undefined }, `Closed as ${resolutionWord[resolution].toLowerCase()}.`)
    if (made) draft.forget()
    done()
  }
  return (
    <Modal
      visible
      header="Close this detection"
      closeAriaLabel="Do not close it"
      onDismiss={done}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={done}>Cancel</Button>
            <Button variant="primary" loading={triage.busy} disabled={!resolution} disabledReason="Say first what it turned out to be" onClick={() => void send()}>Close it</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <FormField label="What did it turn out to be?">
          <RadioGroup
            value={resolution ?? null}
            onChange={(e) => draft.set((t) => ({ ...t, resolution: e.detail.value as Resolution }))}
            items={(Object.keys(resolutionMeans) as Resolution[]).map((value) => ({ value, label: resolutionWord[value], description: resolutionMeans[value] }))}
          />
        </FormField>
        <FormField label="Note" description="How you know: whoever sees the next one was not there." constraintText={draft.found ? 'This is what you were writing before.' : undefined}>
          <Textarea value={note} rows={3} onChange={(e) => draft.set((t) => ({ ...t, note: e.detail.value.slice(0, 8192) }))} />
        </FormField>
      </SpaceBetween>
    </Modal>
  )
}
