import Button from '@cloudscape-design/components/button'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import Select from '@cloudscape-design/components/select'
import { useEffect, useState, type ReactNode } from 'react'
import { bandRange, bands, bandWord } from '../../ui/Band'
import type { Filter, Sort } from './filter'

const bandOptions = bands.map((b) => ({ value: b, label: bandWord[b], description: bandRange[b] }))
const sorts = [{ value: '-start', label: 'Newest first' }, { value: '-score', label: 'Worst first' }]

/** What narrows the list. What is typed holds once one stops typing. */
export function Filters({ filter, change, clear }: { filter: Filter; change: (f: Partial<Filter>) => void; clear?: () => void }): ReactNode {
  return (
    <div className="mw-incident-filters">
      <Typed type="search" value={filter.text} label="Text in title, story or participants" placeholder="Text (three letters or more)" change={(text) => change({ text })} />
      <Typed type="text" value={filter.participant} label="Who takes part" placeholder="Address, network, host or i-…" change={(participant) => change({ participant })} />
      <Multiselect
        ariaLabel="Bands of risk" placeholder="Any risk" hideTokens options={bandOptions} selectedOptions={bandOptions.filter((o) => filter.bands.includes(o.value))}
        inlineTokens onChange={(e) => change({ bands: bands.filter((b) => e.detail.selectedOptions.some((o) => o.value === b)) })}
      />
      <Select ariaLabel="Order" options={sorts} selectedOption={sorts.find((s) => s.value === filter.sort) ?? null} onChange={(e) => change({ sort: e.detail.selectedOption.value as Sort })} />
      {clear && <Button variant="inline-link" onClick={clear}>Clear filters</Button>}
    </div>
  )
}

function Typed({ type: kind, value, label, placeholder, change }: { type: 'search' | 'text'; value: string; label: string; placeholder: string; change: (v: string) => void }): ReactNode {
  const [typed, type] = useState(value)
  useEffect(() => type(value), [value])
  useEffect(() => {
    if (typed.trim() === value) return
    const t = setTimeout(() => change(typed), 500)
    return () => clearTimeout(t)
  }, [typed]) // eslint-disable-line
  return <Input type={kind} value={typed} ariaLabel={label} placeholder={placeholder} clearAriaLabel="Clear" onChange={(e) => type(e.detail.value)} onKeyDown={(e) => { if (e.detail.key === 'Enter') change(typed) }} />
}
