import ColumnLayout from '@cloudscape-design/components/column-layout'
import FormField from '@cloudscape-design/components/form-field'
import Multiselect from '@cloudscape-design/components/multiselect'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useState, type ReactNode } from 'react'
import type { DetectionFilter } from '../api/names'
import { visible } from '../ui/Wire'
import { Match } from './Match'
import { linesOf, partyOf } from './parties'
import { useCatalogue } from './catalogue'
import { isEverything } from './words'

type Role = 'offender' | 'victim' | 'participant'

interface Props {
  of: DetectionFilter
  change: (f: DetectionFilter, broken: boolean) => void // broken: a line cannot be read. Without it the filter would mean more than was meant
  wrong?: string // what the API said of the match
}

/** Which detections: by type, and by who takes part. What else the filter asks for stays as it is, and is shown. */
export function MatchEditor({ of, change, wrong }: Props): ReactNode {
  const catalogue = useCatalogue()
  const [unread, setUnread] = useState<Partial<Record<Role, boolean>>>({})
  const broken = (u = unread) => Object.values(u).some(Boolean)
  const party = (role: Role) => (p: DetectionFilter['offender'], bad: boolean) => {
    const now = { ...unread, [role]: bad }
    setUnread(now)
    change({ ...of, [role]: p }, broken(now))
  }
  const { types, offender, victim, participant, ...rest } = of
  const options = (catalogue.data?.items ?? []).map((t) => ({ value: t.type, label: t.title, description: t.type }))
  const chosen = (types ?? []).map((t) => options.find((o) => o.value === t) ?? { value: t, label: visible(t, 64) })
  return (
    <SpaceBetween size="m">
      <FormField label="Types" description="Any of these; none: every type." errorText={wrong} stretch>
        <Multiselect
          selectedOptions={chosen} options={options} filteringType="auto" placeholder="Every type" tokenLimit={8} virtualScroll
          statusType={catalogue.state === 'loading' ? 'loading' : 'finished'} empty={catalogue.problem?.title ?? 'No type is called so'}
          onChange={(e) => change({ ...of, types: e.detail.selectedOptions.length ? e.detail.selectedOptions.map((o) => o.value ?? '') : undefined }, broken())}
        />
      </FormField>
      <ColumnLayout columns={3}>
        <Party label="Offender" of={offender} change={party('offender')} />
        <Party label="Victim" of={victim} change={party('victim')} />
        <Party label="Participant in any role" of={participant} change={party('participant')} />
      </ColumnLayout>
      {!isEverything(rest) && <FormField label="And besides"><Match of={rest} /></FormField>}
    </SpaceBetween>
  )
}

function Party({ label, of, change }: { label: string; of: DetectionFilter['offender']; change: (p: DetectionFilter['offender'], bad: boolean) => void }): ReactNode {
  const [text, setText] = useState(() => linesOf(of))
  const { wrong } = partyOf(text)
  const type = (value: string) => {
    setText(value)
    const read = partyOf(value)
    change(read.party, read.wrong.length > 0)
  }
  return (
    <FormField label={label} constraintText="One a line: 10.20.0.0/16, db.example.com, vpc-…, i-…, port:445, tag:env=test, outside" errorText={wrong[0]}>
      <Textarea value={text} rows={3} placeholder="Anybody" spellcheck={false} onChange={(e) => type(e.detail.value)} />
    </FormField>
  )
}
