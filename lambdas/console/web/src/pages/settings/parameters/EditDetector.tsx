import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import Toggle from '@cloudscape-design/components/toggle'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../../../api/client'
import type { DetectionType } from '../../../api/names'
import { useDraft, useSaidWhenLeft } from '../../../state/draft'
import type { Parameter } from './names'
import { usePut } from './put'
import { linesWith, refusedOf, settingOf, type Setting } from './settings'

/** Changes what is set of one detector. */
export function EditDetector({ of: t, settings, close }: { of: DetectionType; settings: Parameter; close: () => void }): ReactNode {
  const [start] = useState(() => settingOf(t))
  const draft = useDraft<Setting>(`detector.${t.type}`, start, isSetting)
  useSaidWhenLeft(draft)
  const leave = () => {
    draft.forget()
    close()
  }
  const [rests, restOn] = useState(settings.revision) // and not the draft's: others' detectors are in there too
  const put = usePut(settings, { rests, restOn }, leave)
  const now = put.theirs ?? settings
  const lines = linesWith(now.values, t, draft.value)
  const wrong = refusedOf(put.problem, t, put.of ?? lines)
  const set = (name: string, value: string) => draft.set((s) => ({ ...s, values: { ...s.values, [name]: value } }))
  return (
    <Modal
      visible size="large" header={t.title} onDismiss={close} closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={leave}>Cancel</Button>
            <Button variant="primary" loading={put.busy} onClick={() => put.run(lines)}>Save</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box variant="p">{t.text}</Box>
        {draft.found && <Alert type="info" action={<Button onClick={draft.restart}>Start over</Button>}>This is what you were writing before.</Alert>}
        {put.theirs && <Alert type="warning" header="Somebody changed the settings of detectors while you were writing">Theirs stay, but for those of this detector: saving again puts yours in their place.</Alert>}
        {wrong[''] && <Alert type="error">{wrong['']}</Alert>}
        <Toggle checked={draft.value.enabled} onChange={(e) => draft.set((s) => ({ ...s, enabled: e.detail.checked }))} description="A detector that is off raises nothing from the next start of a sensor on.">On</Toggle>
        <Button variant="inline-link" onClick={() => draft.set({ enabled: true, values: Object.fromEntries(t.tunables.map((u) => [u.name, u.default])) })}>Fill in the defaults</Button>
        {t.tunables.length === 0 && <span className="mw-quiet">Nothing else of it can be set.</span>}
        {t.tunables.map((u) => <OneTunable key={u.name} of={u} value={draft.value.values[u.name] ?? u.value} set={(v) => set(u.name, v)} wrong={wrong[u.name]} />)}
      </SpaceBetween>
    </Modal>
  )
}

function OneTunable({ of: u, value, set, wrong }: { of: Schemas['Tunable']; value: string; set: (v: string) => void; wrong?: string }): ReactNode {
  const long = u.allowed.startsWith('a list') || value.length > 40
  return (
    <FormField label={u.name} description={u.text} constraintText={`By default ${u.default || 'empty'}. Allowed is ${u.allowed}.`} errorText={wrong} stretch>
      {long
        ? <Textarea value={value} rows={2} spellcheck={false} onChange={(e) => set(e.detail.value.replace(/\n/g, ''))} />
        : <Input value={value} onChange={(e) => set(e.detail.value)} />}
    </FormField>
  )
}

function isSetting(kept: unknown): kept is Setting {
  const s = kept as Partial<Setting> | null
  return typeof s === 'object' && s !== null && typeof s.enabled === 'boolean' && typeof s.values === 'object' && s.values !== null
}
