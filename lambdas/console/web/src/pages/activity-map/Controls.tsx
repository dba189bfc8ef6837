// How the map is cut: what a node is, how many are drawn, what is left out.
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import TokenGroup from '@cloudscape-design/components/token-group'
import { useState, type ReactNode } from 'react'
import { visible } from '../../ui/Wire'
import type { Grouping } from './ask'
import { isNetwork } from './scope'

export const groupNames: Record<Grouping, string> = { device: 'Each device', vpc: 'By VPC', subnet: 'By subnet', role: 'By role', tag: 'By tag' }
export const limits = [25, 50, 100, 200, 300, 500] as const

const options = Object.entries(groupNames).map(([value, label]) => ({ value, label }))
const limitOptions = limits.map((n) => ({ value: String(n), label: `At most ${n} nodes` }))

export function GroupSelect({ group, change }: { group: Grouping; change: (g: Grouping) => void }): ReactNode {
  return <Select ariaLabel="What a node is" options={options} selectedOption={options.find((o) => o.value === group) ?? null} onChange={(e) => change(asGrouping(e.detail.selectedOption.value))} />
}

export const asGrouping = (text: string | undefined): Grouping => (text === 'vpc' || text === 'subnet' || text === 'role' || text === 'tag' ? text : 'device')

export function LimitSelect({ limit, change }: { limit: number; change: (n: number) => void }): ReactNode {
  return <Select ariaLabel="How many nodes are drawn" options={limitOptions} selectedOption={limitOptions.find((o) => o.value === String(limit)) ?? { label: `At most ${limit} nodes` }} onChange={(e) => change(Number(e.detail.selectedOption.value))} />
}

/** The key of the tag by which nodes are grouped; it holds once it was entered. */
export function TagBox({ tag, change }: { tag: string; change: (t: string) => void }): ReactNode {
  const [typed, type] = useState(tag)
  return (
    <Input
      value={typed} ariaLabel="Key of the tag" placeholder="Key of the tag, as app" invalid={!tag && typed === ''}
      onChange={(e) => type(e.detail.value.slice(0, 128))} onBlur={() => change(typed)} onKeyDown={(e) => { if (e.detail.key === 'Enter') change(typed) }}
    />
  )
}

export const mostExcluded = 50

/** Who is left out: a scraper or a scanner that speaks with everybody would hide the rest. */
export function Excluding({ excluded, change }: { excluded: readonly string[]; change: (list: string[]) => void }): ReactNode {
  const [typed, type] = useState('')
  const [wrong, setWrong] = useState<string>()
  const add = () => {
    const text = typed.trim()
    if (!text) return
    const why = refusal(text, excluded)
    setWrong(why)
    if (why) return
    change([...excluded, text])
    type('')
  }
  return (
    <FormField label="Leave out" errorText={wrong} description="An address or a network that speaks with everybody hides the rest. Enter adds it.">
      <Input
        value={typed} placeholder="10.20.0.53 or 10.20.9.0/24" disabled={excluded.length >= mostExcluded}
        onChange={(e) => { type(e.detail.value); setWrong(undefined) }} onKeyDown={(e) => { if (e.detail.key === 'Enter') { e.preventDefault(); add() } }}
      />
      <TokenGroup
        items={excluded.map((x) => ({ label: visible(x, 60), dismissLabel: `Do not leave out ${visible(x, 60)}` }))}
        onDismiss={(e) => change(excluded.filter((_, i) => i !== e.detail.itemIndex))}
      />
    </FormField>
  )
}

/** Why it cannot be left out. */
export function refusal(text: string, excluded: readonly string[]): string | undefined {
  if (!isNetwork(text)) return `"${visible(text, 60)}" is no address and no network: 10.20.0.53 or 10.20.9.0/24`
  if (excluded.includes(text)) return `${text} is left out already`
  return excluded.length >= mostExcluded ? `At most ${mostExcluded} can be left out` : undefined
}
