import DatePicker from '@cloudscape-design/components/date-picker'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TimeInput from '@cloudscape-design/components/time-input'
import { useState, type ReactNode } from 'react'
import { useZone, zoneLabel, type Zone } from '../state/zone'
import { Time } from './Time'

interface Props {
  label: string
  description?: string
  at: string | undefined // RFC 3339; undefined: never
  change: (at: string | undefined) => void
  never?: string // what the choice of no end is called
  wrong?: string
}

const day = 86_400_000
const lengths: [string, string, number][] = [['1', 'In a day', 1], ['7', 'In a week', 7], ['30', 'In 30 days', 30], ['90', 'In 90 days', 90], ['365', 'In a year', 365]]

/** When something ends by itself: never, after a while, or at a moment. */
export function Expiry({ label, description, at, change, never = 'Never', wrong }: Props): ReactNode {
  const [zone] = useZone()
  const [how, setHow] = useState(at ? 'at' : 'never')
  const options = [{ value: 'never', label: never }, ...lengths.map(([value, text]) => ({ value, label: text })), { value: 'at', label: 'At a moment …' }]
  const choose = (value: string) => {
    setHow(value)
    const days = lengths.find(([v]) => v === value)?.[2]
    if (value === 'never') change(undefined)
    else change(new Date(Date.now() + (days ?? 30) * day).toISOString())
  }
  const past = at !== undefined && Date.parse(at) <= Date.now()
  return (
    <FormField label={label} description={description} errorText={wrong ?? (past ? 'That is past' : undefined)} constraintText={at && how !== 'at' ? <Time at={at} label /> : undefined}>
      <SpaceBetween size="xs">
        <Select ariaLabel={label} options={options} selectedOption={options.find((o) => o.value === how) ?? null} onChange={(e) => choose(e.detail.selectedOption.value ?? 'never')} />
        {how === 'at' && <Moment label={label} at={at} zone={zone} change={change} />}
      </SpaceBetween>
    </FormField>
  )
}

function Moment({ label, at, zone, change }: { label: string; at: string | undefined; zone: Zone; change: (at: string | undefined) => void }): ReactNode {
  const { date, time } = parts(at, zone)
  const set = (d: string, t: string) => change(moment(d, t, zone) ?? at)
  return (
    <SpaceBetween size="xs" direction="horizontal" alignItems="center">
      <DatePicker value={date} onChange={(e) => set(e.detail.value, time)} ariaLabel={`${label}: day`} openCalendarAriaLabel={(d) => `Choose a day${d ? `, now ${d}` : ''}`} placeholder="YYYY/MM/DD" />
      <TimeInput value={time} onChange={(e) => set(date, e.detail.value)} format="hh:mm" placeholder="hh:mm" ariaLabel={`${label}: time of day`} />
      <span>{zoneLabel(zone, at ? Date.parse(at) : undefined)}</span>
    </SpaceBetween>
  )
}

/** Day and time of day of a moment, in a zone. */
export function parts(at: string | undefined, zone: Zone): { date: string; time: string } {
  const ms = Date.parse(at ?? '')
  if (!Number.isFinite(ms)) return { date: '', time: '' }
  const shown = new Date(zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString()
  return { date: shown.slice(0, 10), time: shown.slice(11, 16) }
}

/** The moment of a day and a time of day in a zone; undefined where they are none yet. */
export function moment(date: string, time: string, zone: Zone): string | undefined {
  const ms = Date.parse(`${date}T${/^\d\d:\d\d$/.test(time) ? time : '00:00'}:00${zone === 'utc' ? 'Z' : ''}`)
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
}
