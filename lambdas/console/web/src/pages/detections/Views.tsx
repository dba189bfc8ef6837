// The menu of saved views: one's own, those of others, saving and managing.
import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown'
import { lazy, Suspense, memo, useEffect, useRef, useState, type ReactNode } from 'react'
import { asProblem } from '../../api/read'
import { useTell } from '../../shell/Messages'
import { useMe } from '../../state/me'
import { useView } from '../../state/url'
import { visible } from '../../ui/Wire'
import { lastOf, placeQuery, type Place } from './place'
import { bodyOf, defaultView, differs, useSaver, useViews, viewOf, viewPlace, type ViewItem } from './views'

const ManageViews = lazy(() => import('./ManageViews'))
const SaveView = lazy(() => import('./SaveView'))

interface Props {
  place: Place
  change: (p: Partial<Place>) => void
}

export const Views = memo(function Views({ place, change }: Props): ReactNode {
  const me = useMe()
  const views = useViews()
  const all = views.data ?? []
  const [open, setOpen] = useState<'save' | 'manage'>()
  const current = all.find((v) => v.id === place.saved)
  const [query] = useView()
  const last = lastOf(query)
  const update = useUpdate(place, last)
  useBeginning(views.data)
  const act = (id: string) => {
    const v = all.find((x) => `view ${x.id}` === id)
    if (v) change(viewPlace(v))
    else if (id === 'all') change({ filter: {}, brush: undefined, group: undefined, sort: '-score', saved: undefined })
    else if (id === 'update' && current) void update(current)
    else setOpen(id === 'save' ? 'save' : 'manage')
  }
  const may = current && (current.view.owner === me.name || me.role === 'admin')
  const changed = current !== undefined && differs(current, place, last)
  return (
    <>
      <ButtonDropdown
        items={itemsOf(all, me.name, may && changed ? current : undefined, views.problem?.message)}
        onItemClick={(e) => act(e.detail.id)}
        expandToViewport
      >
        {current ? `View: ${visible(current.view.name, 40)}${changed ? ' (changed)' : ''}` : 'Views'}
      </ButtonDropdown>
      <Suspense fallback={null}>
        {open === 'save' && (
          <SaveView
            place={place}
            last={last}
            taken={all.filter((v) => v.view.owner === me.name).map((v) => v.view.name)}
            close={(v) => {
              setOpen(undefined)
              if (v) change({ saved: v.id })
            }}
          />
        )}
        {open === 'manage' && <ManageViews all={all} close={() => setOpen(undefined)} />}
      </Suspense>
    </>
  )
})

function itemsOf(
  all: readonly ViewItem[],
  me: string,
  changed: ViewItem | undefined,
  problem: string | undefined,
): ButtonDropdownProps.ItemOrGroup[] {
  const begins = defaultView()
  const item = (v: ViewItem) => ({
    id: `view ${v.id}`,
    text: visible(v.view.name, 80),
    secondaryText:
      [v.id === begins ? 'What you begin with' : '', v.view.owner === me ? (v.view.shared ? 'Shared by you' : '') : `By ${visible(v.view.owner, 64)}`]
        .filter(Boolean)
        .join('. ') || undefined,
  })
  const [own, others] = [all.filter((v) => v.view.owner === me), all.filter((v) => v.view.owner !== me)]
  return [
    { id: 'all', text: 'All detections' },
    ...(problem ? [{ id: 'failed', text: `Saved views did not come: ${problem}`, disabled: true }] : []),
    ...(own.length > 0 ? [{ text: 'Yours', items: own.map(item) }] : []),
    ...(others.length > 0 ? [{ text: 'Shared by others', items: others.map(item) }] : []),
    {
      text: 'This view',
      items: [
        ...(changed ? [{ id: 'update', text: `Save the changes to “${visible(changed.view.name, 40)}”` }] : []),
        { id: 'save', text: 'Save as a view…' },
        ...(all.length > 0 ? [{ id: 'manage', text: 'Rename, share or delete…' }] : []),
      ],
    },
  ]
}

// A view that keeps a time goes on keeping one: where what is looked at is none that moves along, its own.
function useUpdate(place: Place, last: string | undefined): (v: ViewItem) => Promise<void> {
  const saver = useSaver()
  const tell = useTell()
  return async (v) => {
    const name = visible(v.view.name, 60)
    try {
      const now = await saver.put(v, viewOf(v.view.name, v.view.shared ?? false, place, v.view.last && (last ?? v.view.last)))
      tell({
        type: 'success',
        text: `“${name}” is saved.`,
        undo: () => saver.put(now, bodyOf(v)),
      })
    } catch (e) {
      const p = asProblem(e)
      tell({
        type: 'error',
        text:
          p.status === 412
            ? `Somebody changed “${name}” meanwhile. It was not saved; open it again to see what it is now.`
            : `“${name}” was not saved: ${p.message}`,
      })
    }
  }
}

// useBeginning shows the view that somebody begins with where the URL says nothing at all.
function useBeginning(all: readonly ViewItem[] | undefined): void {
  const [query, change] = useView()
  const bare = Object.keys(query).every((k) => k === 'zone' || k === 'theme')
  const asked = useRef(bare)
  useEffect(() => {
    if (!all || !asked.current) return
    asked.current = false
    const v = all.find((x) => x.id === defaultView())
    if (v && bare) change(placeQuery(viewPlace(v)))
  }, [all, bare, change])
}
