// The most frequent values of a field.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Select from '@cloudscape-design/components/select'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { Act } from '../../records/Act'
import { labelOf, lookOf } from '../../records/columns'
import { fieldsOf, type Field } from '../../records/fields'
import { Value } from '../../records/Value'
import type { Comparison } from '../../records/write'
import { bytes, digits } from '../../ui/number'
import { Read } from '../../ui/Panel'
import { visible } from '../../ui/Wire'
import { bodyOf, shownOf, type Asked } from './asked'

const steps = [10, 30, 100, 1000] as const

function useTop(a: Asked, field: string, limit: number, when: boolean): Reading<Schemas['RecordTop']> {
  const { from, to } = shownOf(a)
  return useRead(
    ['record-top', a.query, a.kinds, from, to, field, limit],
    (signal) => told(api.POST('/v1/records/top', { body: { ...bodyOf(a), fields: [field], sum: sumsOf(a.kinds), limit }, signal })),
    { when, keep: true, patience: Infinity },
  )
}

/** What is added up for each value: of conversations the bytes. */
const sumsOf = (kinds: readonly string[]): string[] | undefined => (kinds.length === 1 && kinds[0] === 'conn' ? ['orig_bytes', 'resp_bytes'] : undefined)

interface Props {
  asked: Asked
  field: string
  fields: readonly Field[]
  when: boolean
  choose: (field: string | undefined) => void
  narrow: (c: Comparison) => void
}

/** A panel with the values of a field, most frequent first, each of which can narrow the query or be left out. */
export function Top({ asked, field, fields, when, choose, narrow }: Props): ReactNode {
  const [step, setStep] = useState(0)
  const limit = steps[step] ?? 10
  const top = useTop(asked, field, limit, when)
  const options = [{ name: 'kind', kinds: ['.'] }, ...fieldsOf(fields, asked.kinds)].filter((f) => f.kinds.length > 0).map((f) => optionOf(f.name))
  return (
    <Container
      header={<Header variant="h2" actions={<Button iconName="close" variant="icon" ariaLabel="Hide the values" onClick={() => choose(undefined)} />}>Most frequent</Header>}
    >
      <Select
        selectedOption={optionOf(field)} options={options} filteringType="auto" filteringAriaLabel="Find a field" selectedAriaLabel="Chosen" ariaLabel="Field whose values are counted"
        onChange={(e) => { setStep(0); choose(e.detail.selectedOption.value) }} expandToViewport virtualScroll
      />
      <Read of={top} lines={8} empty={(t) => (t.items.length === 0 ? nothing(field, t.missing) : undefined)}>
        {(t) => (
          <>
            <ol className="mw-top" aria-label={`Most frequent values of ${visible(field, 64)}`}>
              {t.items.map((i) => <Row key={i.values.join('\u0000')} item={i} field={field} of={sum(t)} most={t.items[0]?.count ?? 1} narrow={narrow} />)}
            </ol>
            <Rest top={t} />
            {t.distinct > t.items.length && step < steps.length - 1 && <Button variant="inline-link" onClick={() => setStep(step + 1)}>More values</Button>}
          </>
        )}
      </Read>
    </Container>
  )
}

function optionOf(name: string) {
  const label = labelOf(name)
  return { value: name, label: visible(label, 64), description: label === name ? undefined : name, filteringTags: [name] }
}

const sum = (t: Schemas['RecordTop']): number => t.others + t.items.reduce((n, i) => n + i.count, 0)

const nothing = (field: string, missing: number): string =>
  missing > 0 ? `None of the ${digits(missing)} records has ${field}. Choose another field, or the kind that has it.` : 'No records to count.'

interface RowProps {
  item: Schemas['TopValue']
  field: string
  of: number
  most: number
  narrow: (c: Comparison) => void
}

function Row({ item, field, of, most, narrow }: RowProps): ReactNode {
  const value = item.values[0] ?? ''
  const what = `${visible(field, 64)} = ${visible(value, 60)}`
  const share = of > 0 ? (item.count / of) * 100 : 0
  return (
    <li>
      <div className="mw-top-line">
        <span className="mw-top-value">{value === '' ? <span className="mw-dim">(empty)</span> : <Value field={field} value={readable(field, value)} length={70} />}</span>
        <span className="mw-number">{digits(item.count)} <span className="mw-dim">{share >= 0.1 ? `${share.toFixed(share < 10 ? 1 : 0)}%` : ''}</span></span>
        <span className="mw-top-acts">
          <Act name={`Only this: ${what}`} run={() => narrow({ field, op: '=', value })}>+</Act>
          <Act name={`Not this: ${what}`} run={() => narrow({ field, op: '!=', value })}>−</Act>
        </span>
      </div>
      {item.sums?.length === 2 && <div className="mw-small mw-quiet">{bytes(item.sums[0] ?? 0)} out, {bytes(item.sums[1] ?? 0)} back</div>}
      <div className="mw-top-bar" aria-hidden="true"><span style={{ width: `${Math.max(0.5, (item.count / most) * 100)}%` }} /></div>
    </li>
  )
}

// Values of numbers come as texts.
const readable = (field: string, value: string): unknown => (lookOf(field) !== 'text' && lookOf(field) !== 'address' && Number.isFinite(Number(value)) ? Number(value) : value)

function Rest({ top }: { top: Schemas['RecordTop'] }): ReactNode {
  const parts = [
    top.distinct > top.items.length ? `${digits(top.distinct - top.items.length)} other values in ${digits(top.others)} records` : '',
    top.missing > 0 ? `${digits(top.missing)} records lack the field` : '',
  ].filter(Boolean)
  return parts.length > 0 ? <div className="mw-small mw-quiet">{parts.join('; ')}.</div> : null
}
