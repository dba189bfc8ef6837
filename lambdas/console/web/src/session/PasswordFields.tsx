import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { Strength } from './strength/Strength'

const least = 12
const most = 128

/** A new password as it is typed. */
export interface Typed {
  fresh: string
  twice: string
}

interface Props {
  of: Typed
  change: (t: Typed) => void
  wrong: { fresh?: string; twice?: string } // what is said at the fields
  name: string // whose it will be
  others?: boolean // it will be somebody else's
  more?: readonly string[] // what else whoever guesses knows of them
  before?: (type: 'text' | 'password') => ReactNode // a field above
  focus?: boolean
}

/** The fields of a new password, with its rules before it and how hard it is to guess below. What only the server knows (what everybody tries first) it says itself. */
export function PasswordFields({ of, change, wrong, name, others, more = [], before, focus }: Props): ReactNode {
  const [shown, show] = useState(false)
  const type = shown ? 'text' : 'password'
  return (
    <SpaceBetween size="m">
      {before?.(type)}
      <div>
        <FormField
          label="New password" stretch errorText={wrong.fresh}
          description={`At least ${least} characters of any sort; a few words are good. Not ${others ? 'their' : 'your'} name, no rows such as abcd or 1234, and nothing that everybody tries first.`}
        >
          <Input type={type} value={of.fresh} onChange={(e) => change({ ...of, fresh: e.detail.value })} autoComplete="new-password" autoFocus={focus} />
        </FormField>
        <Strength password={of.fresh} own={[name, ...more, 'mirrorwatch']} fault={wrong.fresh ? undefined : freshFault(name, of.fresh, others)} />
      </div>
      <FormField label="New password once more" errorText={wrong.twice} stretch>
        <Input type={type} value={of.twice} onChange={(e) => change({ ...of, twice: e.detail.value })} autoComplete="new-password" />
      </FormField>
      <Checkbox checked={shown} onChange={(e) => show(e.detail.checked)}>Show what is typed</Checkbox>
    </SpaceBetween>
  )
}

/** Says what is wrong with a new password, as far as the page can know. Characters are counted as the server does: an emoji is one. */
export function freshFault(name: string, fresh: string, others = false): string | undefined {
  const n = [...fresh].length
  if (n < least) return n === 0 ? 'Give a new password.' : `${least - n} more ${least - n === 1 ? 'character is' : 'characters are'} needed.`
  if (n > most) return `At most ${most} characters.`
  return name.length >= 3 && fresh.toLowerCase().includes(name.toLowerCase()) ? `It must not hold ${others ? 'their' : 'your'} name.` : undefined
}

export const twiceFault = (t: Typed): string | undefined => (t.twice === t.fresh ? undefined : 'The two are not the same.')
