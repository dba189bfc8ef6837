import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select, { type SelectProps } from '@cloudscape-design/components/select'
import type { ReactNode } from 'react'
import { useView } from '../../../state/url'
import { visible } from '../../../ui/Wire'
import { actions, actionText, groupNames } from './actions'

const everything: SelectProps.Option = { value: '', label: 'Anything' }

const options: SelectProps.Options = [
  everything,
  ...Object.entries(actions).map(([group, verbs]) => ({
    label: groupNames[group] ?? group,
    options: [
      { value: group, label: `${groupNames[group] ?? group}: anything` },
      ...Object.keys(verbs).map((verb) => ({ value: `${group}.${verb}`, label: actionText(`${group}.${verb}`) })),
    ],
  })),
]

/** Who, what and of what: in the URL, so that a link shows the same. */
export function Filters(): ReactNode {
  const [{ actor = '', action = '', target = '' }, change] = useView()
  const chosen = action ? { value: action, label: action.includes('.') ? visible(actionText(action), 64) : `${groupNames[action] ?? visible(action, 64)}: anything` } : everything
  return (
    <div className="mw-settings-filters" role="search" aria-label="Entries of the audit log">
      <FormField label="Who"><Input value={actor} type="search" placeholder="admin, key:…, rule:…, system" clearAriaLabel="Clear who" onChange={(e) => change({ actor: e.detail.value.slice(0, 128) })} /></FormField>
      <FormField label="What"><Select ariaLabel="What" options={options} selectedOption={chosen} filteringType="auto" onChange={(e) => change({ action: e.detail.selectedOption.value })} /></FormField>
      <FormField label="Of what"><Input value={target} type="search" placeholder="The whole id or name" clearAriaLabel="Clear of what" onChange={(e) => change({ target: e.detail.value.slice(0, 256) })} /></FormField>
      <Button disabled={!actor && !action && !target} disabledReason="Nothing is filtered." onClick={() => change({ actor: undefined, action: undefined, target: undefined })}>Clear</Button>
    </div>
  )
}
