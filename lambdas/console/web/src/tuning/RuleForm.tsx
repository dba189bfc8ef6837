import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import Toggle from '@cloudscape-design/components/toggle'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../api/client'
import type { DetectionFilter, TuningRule } from '../api/names'
import { isEmpty } from '../detections/filter'
import { useDenied } from '../state/me'
import { useDraft, useSaidWhenLeft } from '../state/draft'
import { Expiry } from '../ui/Expiry'
import { MatchField } from './MatchField'
import { Preview } from './Preview'
import { useForetold } from './preview'
import { fieldsOf, useSaveRule } from './save'
import { Theirs } from './Theirs'

export type RuleItem = Schemas['TuningRuleItem']

// Hidden is what a rule makes of them: the API takes no rule that asks for it.
const notInRules = ['hidden']

interface Props {
  start: TuningRule
  of?: Pick<RuleItem, 'id' | 'revision'> // the rule that is changed; absent: a new one is made
  draft?: string // the name of what is typed, where a page has several forms of new rules: what was typed at one thing never shows at another. Absent: by the rule
  also?: ReactNode // what is done besides, chosen where the form is used
  onDone: (saved?: RuleItem) => void // undefined: given up
}

/** A rule that hides detections, with what it would hide. What is typed outlives a session that ends and a reload. */
export function RuleForm({ start, of, draft: name, also, onDone }: Props): ReactNode {
  const draft = useDraft<TuningRule>(`rule.${of?.id ?? name ?? 'new'}`, start, isRule, of?.revision)
  useSaidWhenLeft(draft)
  const rule = draft.value
  const change = (part: Partial<TuningRule>) => draft.set((r) => ({ ...r, ...part }))
  const [round, setRound] = useState(0) // the fields that keep something of their own start anew with it
  const save = useSaveRule(of, draft.rests, (saved) => {
    draft.forget()
    onDone(saved)
  })
  const denied = useDenied(of ? 'putTuningRule' : 'createTuningRule')
  const why = denied ?? reasonAgainst(rule)
  const wrong = fieldsOf(save.problem)
  const restart = (to?: RuleItem) => {
    if (to) {
      draft.set(to.rule)
      draft.restOn(to.revision)
    } else draft.restart()
    setRound(round + 1)
  }
  const giveUp = () => {
    draft.forget()
    onDone()
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); if (!why) save.send(rule) }}>
      <Form
        errorText={wrong.rest}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={giveUp}>Cancel</Button>
            <Button variant="primary" formAction="submit" loading={save.busy} disabled={why !== undefined} disabledReason={why}>{of ? 'Save the rule' : 'Make the rule'}</Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          {draft.found && <Alert type="info" action={<Button formAction="none" onClick={() => restart()}>Start over</Button>}>This is what you were writing before.</Alert>}
          {save.theirs && <Theirs of={save.theirs} take={() => { save.settle(); restart(save.theirs) }} overwrite={() => save.send(rule, save.theirs?.revision)} />}
          <SpaceBetween size="m">
            <FormField label="Name" errorText={wrong.of('name')} stretch>
              <Input value={rule.name} onChange={(e) => change({ name: e.detail.value })} placeholder="Vulnerability scanner of the security team" />
            </FormField>
            <FormField label="Why" description="Whoever reads it in a year was not there." errorText={wrong.of('description')} stretch>
              <Textarea value={rule.description ?? ''} rows={2} onChange={(e) => change({ description: e.detail.value || undefined })} />
            </FormField>
            <MatchField label="Which detections" description="All that is said must hold." of={rule.match} without={notInRules} wrong={wrong.of('match')} none="None yet: say at least one thing." change={(match) => change({ match })} />
            <Expiry key={`expiry${round}`} label="Until" description="What it hid shows again then." at={rule.expires} never="Until somebody ends it" wrong={wrong.of('expires')} change={(expires) => change({ expires })} />
            <Toggle checked={rule.enabled} onChange={(e) => change({ enabled: e.detail.checked })} description="A rule that is off hides nothing and is kept.">On</Toggle>
          </SpaceBetween>
          <Container header={<Header variant="h3" description="Hidden is never deleted: what is hidden shows where it is asked for, and again when the rule goes.">What it would hide</Header>}>
            <WhatIsHidden match={rule.match} />
          </Container>
          {also}
        </SpaceBetween>
      </Form>
    </form>
  )
}

function WhatIsHidden({ match }: { match: DetectionFilter }): ReactNode {
  const denied = useDenied('previewTuningRule')
  const foretold = useForetold(match)
  if (denied) return denied
  return isEmpty(match) ? 'Say which detections: then it is shown here.' : <Preview of={foretold} />
}

function reasonAgainst(r: TuningRule): string | undefined {
  if (!r.name.trim()) return 'The rule has no name yet.'
  if (isEmpty(r.match)) return 'An empty rule would hide every detection: say which ones.'
  if (r.enabled && r.expires && Date.parse(r.expires) <= Date.now()) return 'It would have ended already.'
  return undefined
}

function isRule(kept: unknown): kept is TuningRule {
  const r = kept as Partial<TuningRule> | null
  return typeof r === 'object' && r !== null && typeof r.name === 'string' && typeof r.enabled === 'boolean' && typeof r.match === 'object' && r.match !== null
}
