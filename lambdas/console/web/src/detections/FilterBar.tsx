// The bar that filters detections: every place of the API's filter, with values to choose from.
import Alert from '@cloudscape-design/components/alert'
import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter'
import { memo, useMemo, useState, type ReactNode } from 'react'
import type { DetectionFilter } from '../api/names'
import { visible } from '../ui/Wire'
import { filterTokens, normalised, rebased, tokenFilter, type Token } from './filter'
import { groups, properties } from './properties'
import { slots } from './slots'
import { useNames, useSuggestions } from './suggest'

interface Props {
  value: DetectionFilter
  onChange: (f: DetectionFilter, onto: (now: DetectionFilter) => DetectionFilter) => void // `onto` makes the same change in a filter that has changed since
  without?: readonly string[] // keys of places that are not offered (band, start, hidden, not, ...); what stands there stays
  count?: string // "57 detections": read out when the filter has changed
  label?: string
  placeholder?: string
  disabled?: boolean
  actions?: ReactNode // in place of the button that clears
}

const nothing: readonly string[] = []

const tokensOf = (f: DetectionFilter, without: readonly string[]) => filterTokens(f).filter((t) => !without.includes(t.propertyKey ?? ''))

/** A filter of detections that can be typed, chosen and changed. */
export const FilterBar = memo(function FilterBar({
  value,
  onChange,
  without = nothing,
  count,
  label = 'Filter detections',
  placeholder,
  disabled,
  actions,
}: Props): ReactNode {
  const [key, setKey] = useState('')
  const [problems, setProblems] = useState<string[]>([])
  const [used, setUsed] = useState(false)
  const needed = used || typed(value) // the catalogue is large, and whoever only reads the list needs none of it
  const names = useNames(needed)
  const { options, state, again } = useSuggestions(key, value, needed)
  const offered = useMemo(() => properties(without, names), [without, names])
  const tokens = useMemo(() => tokensOf(value, without), [value, without])
  const change = (next: readonly Token[]) => {
    const { filter, problems } = tokenFilter(next)
    setProblems(problems)
    onChange(withRest(filter, value, without), (now) => withRest(tokenFilter(rebased(tokens, next, tokensOf(now, without))).filter, now, without))
  }
  return (
    <div className="mw-filter" onFocus={() => setUsed(true)}>
      <PropertyFilter
        query={{ operation: 'and', tokens }}
        onChange={(e) => change(e.detail.tokens as Token[])}
        filteringProperties={offered}
        filteringOptions={options}
        customGroupsText={groups}
        freeTextFiltering={{ operators: [':', '!:'], defaultOperator: ':' }}
        filteringStatusType={state}
        filteringErrorText="The values did not come."
        filteringRecoveryText="Ask again"
        filteringLoadingText="Asking for values"
        filteringEmpty="No values are known. Type one."
        onLoadItems={(e) => load(e.detail, setKey, again)}
        filteringAriaLabel={label}
        filteringPlaceholder={placeholder ?? 'Type, offender, technique, status, or any text'}
        countText={count}
        readOnlyOperations
        expandToViewport
        disabled={disabled}
        customFilterActions={actions}
      />
      {problems.length > 0 && (
        <Alert type="warning" dismissible dismissAriaLabel="Close" onDismiss={() => setProblems([])}>
          {problems.map((p) => (
            <div key={p}>{visible(p)}. It was left out.</div>
          ))}
        </Alert>
      )}
    </div>
  )
})

// Whether a filter names types, whose titles the catalogue has.
const typed = (f: DetectionFilter): boolean => [f, ...(f.not ?? [])].some((x) => (x.types?.length ?? 0) > 0)

function load(d: PropertyFilterProps.LoadItemsDetail, setKey: (k: string) => void, again: () => void): void {
  setKey(d.filteringProperty?.key ?? '')
  if (d.samePage) again()
}

// withRest puts back what the bar does not show.
function withRest(f: DetectionFilter, before: DetectionFilter, without: readonly string[]): DetectionFilter {
  const out = { ...f }
  for (const s of slots) if (without.includes(s.key) && s.get(before).length > 0) s.put(out, s.get(before))
  const hidden = filterTokens({ not: before.not })
    .map((t, i) => (without.includes(t.propertyKey ?? '') ? before.not?.[i] : undefined))
    .filter((n) => n !== undefined)
  return normalised(hidden.length > 0 ? { ...out, not: [...(out.not ?? []), ...hidden] } : out)
}
