import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Textarea from '@cloudscape-design/components/textarea'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api, told } from '../../api/client'
import { asProblem } from '../../api/read'
import type { Detection } from '../../api/names'
import { useDraft } from '../../state/draft'
import { useDenied } from '../../state/me'
import { Empty } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { digits } from '../../ui/number'
import { detectionKey } from './read'

const isText = (v: unknown): v is string => typeof v === 'string'
const longest = 8192

/** What people wrote about it, and a place to write more. What is typed outlives a session that ends and a reload. */
export function Notes({ d }: { d: Detection }): ReactNode {
  const notes = d.notes ?? []
  return (
    <Container header={<Header variant="h2" counter={`(${digits(notes.length)})`}>Notes</Header>}>
      {notes.length === 0 ? <Empty>Nobody has written anything yet.</Empty> : (
        <ol className="mw-notes">
          {notes.map((n, i) => (
            <li key={i}>
              <div><b><Wire length={64}>{n.author}</Wire></b> <span className="mw-quiet"><Time at={n.time} label /></span></div>
              <p className="mw-note"><Lines text={n.text} /></p>
            </li>
          ))}
        </ol>
      )}
      <NewNote key={d.id} d={d} />
    </Container>
  )
}

// People write several lines; each is shown as whatever it is.
function Lines({ text }: { text: string }): ReactNode {
  return text.split(/\r?\n/).map((line, i) => <span key={i} className="mw-note-line"><Wire length={1000} whole>{line}</Wire></span>)
}

function NewNote({ d }: { d: Detection }): ReactNode {
  const queries = useQueryClient()
  const draft = useDraft<string>(`note.${d.id}`, '', isText)
  const denied = useDenied('addNote')
  const add = useMutation({
    mutationFn: (text: string) => told(api.POST('/v1/detections/{id}/notes', { params: { path: { id: d.id } }, body: { text } })),
    onSuccess: (now: Detection) => {
      draft.set('')
      queries.setQueryData(detectionKey(d.id), now)
      void queries.invalidateQueries({ queryKey: [...detectionKey(d.id), 'history'] })
    },
  })
  const text = draft.value.trim()
  const why = denied ?? (text === '' ? 'Nothing is written yet' : undefined)
  const send = () => why === undefined && !add.isPending && add.mutate(text)
  return (
    <div className="mw-new-note">
      <FormField label="New note" stretch constraintText={denied ?? `Ctrl and Enter adds it. ${digits(longest - draft.value.length)} characters left.`} errorText={add.error ? `It was not added: ${asProblem(add.error).message}` : undefined}>
        <Textarea
          value={draft.value} rows={3} disabled={denied !== undefined} placeholder="What you found out, and whom you asked"
          onChange={(e) => draft.set(e.detail.value.slice(0, longest))}
          onKeyDown={(e) => e.detail.key === 'Enter' && (e.detail.ctrlKey || e.detail.metaKey) && send()}
        />
      </FormField>
      <Button onClick={send} loading={add.isPending} disabled={why !== undefined} disabledReason={why}>Add the note</Button>
    </div>
  )
}
