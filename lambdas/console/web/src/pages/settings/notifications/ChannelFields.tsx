import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import type { ReactNode } from 'react'
import { kinds, type Channel, type Type } from './channel'

/** A header as it is typed. */
export interface HeaderLine {
  name: string
  value: string
}

interface Props {
  of: Channel
  change: (part: Partial<Channel>) => void
  secret: string
  setSecret: (s: string) => void
  headers: HeaderLine[]
  setHeaders: (h: HeaderLine[]) => void
  kept: { secret: boolean; headers: readonly string[] } // what the server keeps and goes on keeping
  lost: boolean // the server had secrets that do not fit the new address
  wrong: (field: string) => string | undefined
}

const types = (Object.keys(kinds) as Type[]).map((value) => ({ value, label: kinds[value].name, description: kinds[value].text }))
const formats = [
  { value: 'json', label: 'JSON', description: 'As Mirrorwatch publishes it.' },
  { value: 'ocsf', label: 'OCSF', description: 'Open Cybersecurity Schema Framework: for Security Lake and others. Detections only.' },
  { value: 'asff', label: 'ASFF', description: 'As AWS Security Hub takes it. Detections only.' },
]

/** Where messages go: what is asked for depends on the type. */
export function ChannelFields(p: Props): ReactNode {
  const { of: c, change, wrong } = p
  const has = (f: (typeof kinds)[Type]['fields'][number]) => kinds[c.type].fields.includes(f)
  return (
    <SpaceBetween size="m">
      <FormField label="Where to" errorText={wrong('channel.type')} stretch>
        <Select ariaLabel="Where to" options={types} selectedOption={types.find((t) => t.value === c.type) ?? null} triggerVariant="option" onChange={(e) => change({ type: e.detail.selectedOption.value as Type })} />
      </FormField>
      {has('url') && <Text label="URL" hint="https://…" value={c.url} change={(url) => change({ url })} wrong={wrong('channel.url')} description={c.type === 'slack' ? 'That of the incoming webhook. Whoever has it can write to the channel.' : undefined} />}
      {has('topic') && <Text label="Topic" hint="arn:aws:sns:eu-central-1:123456789012:alerts" value={c.topic} change={(topic) => change({ topic })} wrong={wrong('channel.topic')} />}
      {has('address') && <Text label="Address" hint="tls://logs.example.com:6514" value={c.address} change={(address) => change({ address })} wrong={wrong('channel.address')} />}
      {has('path') && <Text label="File" hint="alerts/all.jsonl" description="Below the data folder." value={c.path} change={(path) => change({ path })} wrong={wrong('channel.path')} />}
      {(has('url') || has('address')) && <Checkbox checked={c.allow_private ?? false} onChange={(e) => change({ allow_private: e.detail.checked })} description="Without it nothing is sent into private networks: a rule could reach what is not meant to be reached.">The address may be private</Checkbox>}
      {has('secret') && <Secret {...p} />}
      {has('headers') && <Headers {...p} />}
      {has('format') && (
        <FormField label="Format" errorText={wrong('channel.format')} stretch>
          <Select ariaLabel="Format" options={formats} selectedOption={formats.find((f) => f.value === (c.format || 'json')) ?? null} onChange={(e) => change({ format: e.detail.selectedOption.value as Channel['format'] })} />
        </FormField>
      )}
      {has('template') && (c.format ?? '') !== 'ocsf' && c.format !== 'asff' && (
        <FormField label="Template" description="In place of the whole event: a Go template that writes JSON." constraintText="At most 16,384 characters. It is tried on a sample when the rule is saved." errorText={wrong('channel.template')} stretch>
          <Textarea value={c.template ?? ''} rows={3} spellcheck={false} placeholder={'{"text": {{ json .Rule }}}'} onChange={(e) => change({ template: e.detail.value || undefined })} />
        </FormField>
      )}
    </SpaceBetween>
  )
}

function Text({ label, hint, value, change, wrong, description }: { label: string; hint: string; value: string | undefined; change: (v: string) => void; wrong?: string; description?: string }): ReactNode {
  return <FormField label={label} description={description} errorText={wrong} stretch><Input value={value ?? ''} placeholder={hint} spellcheck={false} autoComplete={false} onChange={(e) => change(e.detail.value)} /></FormField>
}

function Secret({ of: c, secret, setSecret, kept, lost, wrong }: Props): ReactNode {
  const said = kept.secret ? 'One is kept, and never shown. Leave this empty to keep it.' : lost ? 'The one that was kept stays with the address that it was given for: give it again.' : c.type === 'webhook' ? 'None: messages are not signed.' : undefined
  return (
    <FormField label={kinds[c.type].secret ?? 'Secret'} constraintText={said} errorText={wrong('channel.secret')} stretch>
      <Input type="password" value={secret} placeholder={kept.secret ? 'kept' : ''} autoComplete="new-password" onChange={(e) => setSecret(e.detail.value)} />
    </FormField>
  )
}

function Headers({ headers, setHeaders, kept, wrong }: Props): ReactNode {
  const set = (i: number, part: Partial<HeaderLine>) => setHeaders(headers.map((h, j) => (j === i ? { ...h, ...part } : h)))
  const isKept = (h: HeaderLine) => h.value === '' && kept.headers.includes(h.name)
  return (
    <FormField label="Headers" description="Sent along with each message; their values are never shown again." errorText={wrong('channel.headers')} stretch>
      <AttributeEditor
        items={headers} addButtonText="Add a header" removeButtonText="Remove" empty="None."
        disableAddButton={headers.length >= 20} onAddButtonClick={() => setHeaders([...headers, { name: '', value: '' }])} onRemoveButtonClick={(e) => setHeaders(headers.filter((_, i) => i !== e.detail.itemIndex))}
        removeButtonAriaLabel={(h) => `Remove the header ${h.name}`}
        definition={[
          { label: 'Name', control: (h, i) => <Input ariaLabel="Name of the header" value={h.name} placeholder="X-Token" spellcheck={false} onChange={(e) => set(i, { name: e.detail.value })} /> },
          { label: 'Value', control: (h, i) => <Input ariaLabel="Value of the header" type="password" value={h.value} placeholder={isKept(h) ? 'kept' : ''} autoComplete="new-password" onChange={(e) => set(i, { value: e.detail.value })} /> },
        ]}
      />
    </FormField>
  )
}
