import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import Select from '@cloudscape-design/components/select'
import TimeInput from '@cloudscape-design/components/time-input'
import { useMemo, type ReactNode } from 'react'
import type { Schemas } from '../../../api/client'
import { visible } from '../../../ui/Wire'

type Quiet = Schemas['QuietHours']
type Day = NonNullable<Quiet['days']>[number]

const dayNames: Record<Day, string> = { mon: 'Monday', tue: 'Tuesday', wed: 'Wednesday', thu: 'Thursday', fri: 'Friday', sat: 'Saturday', sun: 'Sunday' }
const days = (Object.keys(dayNames) as Day[]).map((value) => ({ value, label: dayNames[value] }))

/** Where this browser is, as the tz database has it. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

/** Says a span of quiet hours in words. */
export function quietText(q: Quiet): string {
  const when = q.days && q.days.length > 0 ? q.days.map((d) => dayNames[d].slice(0, 3)).join(', ') : 'every day'
  const over = q.to <= q.from ? ' the next day' : ''
  return `${when} ${q.from} to ${q.to}${over}, ${q.zone || 'UTC'}${q.min_score ? `; from risk ${q.min_score} on all the same` : ''}`
}

/** Hours in which nothing is sent: what comes then waits and goes out together. */
export function QuietFields({ of, change, wrong }: { of: Quiet[]; change: (q: Quiet[]) => void; wrong?: string }): ReactNode {
  const set = (i: number, part: Partial<Quiet>) => change(of.map((q, j) => (j === i ? { ...q, ...part } : q)))
  return (
    <FormField label="Quiet hours" description="What comes then waits, and goes out together when they end." errorText={wrong} stretch>
      <div className="mw-settings-stack">
        {of.map((q, i) => <OneQuiet key={i} of={q} n={i + 1} set={(part) => set(i, part)} remove={() => change(of.filter((_, j) => j !== i))} />)}
        <div><Button formAction="none" disabled={of.length >= 20} disabledReason="At most 20." onClick={() => change([...of, { from: '22:00', to: '06:00', zone: ownZone(), min_score: 80 }])}>Add quiet hours</Button></div>
      </div>
    </FormField>
  )
}

function OneQuiet({ of: q, n, set, remove }: { of: Quiet; n: number; set: (part: Partial<Quiet>) => void; remove: () => void }): ReactNode {
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((z) => z !== 'UTC')].map((value) => ({ value, label: value })), [])
  const zone = q.zone || 'UTC'
  return (
    <div className="mw-settings-quiet" role="group" aria-label={`Quiet hours ${n}`}>
      <FormField label="Days">
        <Multiselect ariaLabel="Days" options={days} selectedOptions={days.filter((d) => q.days?.includes(d.value))} placeholder={q.days?.length ? q.days.map((d) => dayNames[d].slice(0, 3)).join(', ') : 'Every day'} hideTokens onChange={(e) => set({ days: days.map((d) => d.value).filter((d) => e.detail.selectedOptions.some((o) => o.value === d)) })} />
      </FormField>
      <FormField label="From"><TimeInput ariaLabel="From" value={q.from} format="hh:mm" placeholder="hh:mm" onChange={(e) => set({ from: e.detail.value })} /></FormField>
      <FormField label="To"><TimeInput ariaLabel="To" value={q.to} format="hh:mm" placeholder="hh:mm" onChange={(e) => set({ to: e.detail.value })} /></FormField>
      <FormField label="Time zone"><Select ariaLabel="Time zone" options={zones} selectedOption={{ value: zone, label: visible(zone, 64) }} filteringType="auto" virtualScroll onChange={(e) => set({ zone: e.detail.selectedOption.value })} /></FormField>
      <FormField label="But from risk"><Input ariaLabel="But from risk" type="number" inputMode="numeric" value={q.min_score ? String(q.min_score) : ''} placeholder="never" onChange={(e) => set({ min_score: Math.max(0, Math.min(99, Number(e.detail.value) || 0)) })} /></FormField>
      <div className="mw-settings-quiet-text">
        <span className="mw-quiet">{quietText(q)}</span>
        <Button formAction="none" iconName="remove" variant="icon" ariaLabel={`Remove quiet hours ${n}`} onClick={remove} />
      </div>
    </div>
  )
}
