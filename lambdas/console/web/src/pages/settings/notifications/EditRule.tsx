import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import Toggle from '@cloudscape-design/components/toggle'
import { useState, type ReactNode } from 'react'
import { useDraft, useSaidWhenLeft } from '../../../state/draft'
import { MatchField } from '../../../tuning/MatchField'
import { fieldsOf } from '../../../tuning/save'
import { visible } from '../../../ui/Wire'
import { FormModal } from '../FormModal'
import { fitting, keepsSecrets, kinds, reasonAgainst, reasons, usualReasons, type Channel, type Reason, type Rule, type RuleItem } from './channel'
import { ChannelFields, type HeaderLine } from './ChannelFields'
import { QuietFields } from './QuietFields'
import { useSaveNotification } from './save'

const fresh: Rule = { name: '', enabled: true, on: ['created', 'escalated'], match: { bands: ['high', 'critical'] }, channel: { type: 'webhook' } }
const fields = ['name', 'on', 'match', 'channel.type', 'channel.url', 'channel.topic', 'channel.address', 'channel.path', 'channel.secret', 'channel.headers', 'channel.format', 'channel.template', 'quiet', 'digest', 'per_hour'] as const
const digests: [string, string][] = [['', 'At once, one by one'], ['5m', 'Every 5 minutes'], ['15m', 'Every 15 minutes'], ['1h', 'Every hour'], ['4h', 'Every 4 hours'], ['24h', 'Every day']]
const allReasons = Object.keys(reasons) as Reason[]
const notInRules = ['hidden']

/** Makes or changes a rule that tells people. Secrets are typed, and never kept in the browser: a draft is without them. */
export function EditRule({ of, close }: { of?: RuleItem; close: () => void }): ReactNode {
  const [start] = useState<Rule>(() => of?.rule ? { ...of.rule, on: of.rule.on?.length ? of.rule.on : [...usualReasons] } : fresh)
  const draft = useDraft<Rule>(`notification.${of?.id ?? 'new'}`, start, isRule, of?.revision)
  useSaidWhenLeft(draft)
  const [secret, setSecret] = useState('')
  const [headers, setHeaders] = useState<HeaderLine[]>(() => Object.keys(start.channel.headers ?? {}).map((name) => ({ name, value: '' })))
  const r = draft.value
  const change = (part: Partial<Rule>) => draft.set((now) => ({ ...now, ...part }))
  const channel = (part: Partial<Channel>) => draft.set((now) => ({ ...now, channel: { ...now.channel, ...part } }))
  const leave = () => {
    draft.forget()
    close()
  }
  const save = useSaveNotification(of, draft, leave)
  const whole: Rule = { ...r, name: r.name.trim(), channel: fitting({ ...r.channel, secret, headers: Object.fromEntries(headers.filter((h) => h.name.trim()).map((h) => [h.name.trim(), h.value])) }) }
  const kept = keepsSecrets(of?.rule.channel, whole.channel)
  const keptHeaders = kept ? Object.keys(of?.rule.channel.headers ?? {}) : []
  const wrong = fieldsOf(save.problem, fields)
  const emptyHeader = headers.find((h) => h.name.trim() && !h.value && !keptHeaders.includes(h.name.trim()))
  const why = reasonAgainst(whole, kept, of?.has_secret ?? false) ?? (kinds[r.channel.type].fields.includes('headers') && emptyHeader ? `The header ${visible(emptyHeader.name, 40)} has no value.` : undefined)
  const digest = digests.find(([v]) => v === (r.digest ?? '')) ?? [r.digest ?? '', `Every ${visible(r.digest ?? '', 8)}`]
  const on = (reason: Reason, is: boolean) => change({ on: allReasons.filter((k) => (k === reason ? is : r.on?.includes(k))) })
  return (
    <FormModal
      size="large" title={of ? `Change “${visible(of.rule.name, 80)}”` : 'Make a notification rule'} does={of ? 'Save the rule' : 'Make the rule'} busy={save.busy} why={why} wrong={save.faster ?? wrong.rest}
      again={draft.found ? draft.restart : undefined} send={() => save.run(whole)} close={leave} keep={close}
    >
      <FormField label="Name" errorText={wrong.of('name')} stretch><Input value={r.name} placeholder="Critical to the on-call" onChange={(e) => change({ name: e.detail.value })} autoComplete={false} /></FormField>
      <FormField label="When" errorText={wrong.of('on')} constraintText={r.on?.length ? undefined : 'Nothing is ticked: then it is new ones and those that get worse.'} stretch>
        <div className="mw-settings-reasons">
          {allReasons.map((k) => <Checkbox key={k} checked={r.on?.includes(k) ?? false} description={reasons[k].text} onChange={(e) => on(k, e.detail.checked)}>{reasons[k].name}</Checkbox>)}
        </div>
      </FormField>
      <MatchField label="Which detections" of={r.match} without={notInRules} wrong={wrong.of('match')} none="Every detection. Say more, or many will be told of." change={(match) => change({ match })} />
      <ChannelFields of={r.channel} change={channel} secret={secret} setSecret={setSecret} headers={headers} setHeaders={setHeaders} kept={{ secret: kept && (of?.has_secret ?? false), headers: keptHeaders }} lost={!kept && (of?.has_secret ?? false)} wrong={wrong.of} />
      <QuietFields of={r.quiet ?? []} change={(quiet) => change({ quiet })} wrong={wrong.of('quiet')} />
      <div className="mw-settings-filters">
        <FormField label="How often" description="Together in one message, or each for itself." errorText={wrong.of('digest')}>
          <Select ariaLabel="How often" options={digests.map(([value, label]) => ({ value, label }))} selectedOption={{ value: digest[0], label: digest[1] }} onChange={(e) => change({ digest: e.detail.selectedOption.value || undefined })} />
        </FormField>
        <FormField label="At most an hour" description="The rest goes out together. Empty: 60." errorText={wrong.of('per_hour')}>
          <Input type="number" inputMode="numeric" value={r.per_hour ? String(r.per_hour) : ''} placeholder="60" onChange={(e) => change({ per_hour: Math.max(0, Math.min(1000, Math.trunc(Number(e.detail.value)) || 0)) })} />
        </FormField>
      </div>
      <Toggle checked={r.enabled} onChange={(e) => change({ enabled: e.detail.checked })}>On</Toggle>
    </FormModal>
  )
}

function isRule(kept: unknown): kept is Rule {
  const r = kept as Partial<Rule> | null
  return typeof r === 'object' && r !== null && typeof r.name === 'string' && typeof r.match === 'object' && typeof r.channel === 'object' && r.channel !== null && r.channel.type in kinds
}
